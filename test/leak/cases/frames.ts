import type { Group } from '../case.ts';
import { arpForTheNeighbour } from './frames/arp-for-the-neighbour.ts';
import { arpTakesTheGateway } from './frames/arp-takes-the-gateway.ts';
import { dnsFrame } from './frames/dns-frame.ts';
import { forgedIp } from './frames/forged-ip.ts';
import { forgedMac } from './frames/forged-mac.ts';
import { fragmentFrames } from './frames/fragment-frames.ts';
import { frameSizes } from './frames/frame-sizes.ts';
import { hostServiceFrame } from './frames/host-service-frame.ts';
import { icmpRedirect } from './frames/icmp-redirect.ts';
import { ipv6Frame } from './frames/ipv6-frame.ts';
import { neighboursSource } from './frames/neighbours-source.ts';
import { pingFrame } from './frames/ping-frame.ts';
import { pppoeEapolMplsLlc } from './frames/pppoe-eapol-mpls-llc.ts';
import { routeLocalnet } from './frames/route-localnet.ts';
import { sourceRoute } from './frames/source-route.ts';
import { spanningTreeGroup } from './frames/spanning-tree-group.ts';
import { tcpFromTheSessionPort } from './frames/tcp-from-the-session-port.ts';
import { udpFrame } from './frames/udp-frame.ts';
import { unknownEthertypes } from './frames/unknown-ethertypes.ts';
import { vlanTags } from './frames/vlan-tags.ts';
import { vlanZero } from './frames/vlan-zero.ts';

export const frames: Group = {
  name: 'frames',
  cases: [
    udpFrame,
    pingFrame,
    ipv6Frame,
    dnsFrame,
    forgedIp,
    neighboursSource,
    forgedMac,
    hostServiceFrame,
    routeLocalnet,
    arpForTheNeighbour,
    arpTakesTheGateway,
    unknownEthertypes,
    pppoeEapolMplsLlc,
    spanningTreeGroup,
    vlanTags,
    vlanZero,
    fragmentFrames,
    sourceRoute,
    tcpFromTheSessionPort,
    icmpRedirect,
    frameSizes,
  ],
};
