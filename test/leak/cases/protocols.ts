import type { Group } from '../case.ts';
import { ah } from './protocols/ah.ts';
import { dccp } from './protocols/dccp.ts';
import { esp } from './protocols/esp.ts';
import { etherip } from './protocols/etherip.ts';
import { grePacket } from './protocols/gre-packet.ts';
import { igmpReport } from './protocols/igmp-report.ts';
import { ipInIp } from './protocols/ip-in-ip.ts';
import { l2tp } from './protocols/l2tp.ts';
import { ospf } from './protocols/ospf.ts';
import { pim } from './protocols/pim.ts';
import { protocolsOverIpv6 } from './protocols/protocols-over-ipv6.ts';
import { rawDestinationOptions } from './protocols/raw-destination-options.ts';
import { rawFragmentHeader } from './protocols/raw-fragment-header.ts';
import { rawRoutingHeader } from './protocols/raw-routing-header.ts';
import { sctp } from './protocols/sctp.ts';
import { sixInFour } from './protocols/six-in-four.ts';
import { tunnelsByUdp } from './protocols/tunnels-by-udp.ts';
import { udpLite } from './protocols/udp-lite.ts';
import { unassignedProtocol } from './protocols/unassigned-protocol.ts';
import { vrrp } from './protocols/vrrp.ts';

export const otherProtocols: Group = {
  name: 'other protocols',
  cases: [
    grePacket,
    sctp,
    dccp,
    esp,
    ah,
    udpLite,
    ospf,
    pim,
    vrrp,
    l2tp,
    etherip,
    igmpReport,
    unassignedProtocol,
    ipInIp,
    sixInFour,
    protocolsOverIpv6,
    tunnelsByUdp,
    rawRoutingHeader,
    rawDestinationOptions,
    rawFragmentHeader,
  ],
};
