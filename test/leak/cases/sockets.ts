import type { Group } from '../case.ts';
import { connectionFromTheSessionPort } from './sockets/connection-from-the-session-port.ts';
import { icmpReplies } from './sockets/icmp-replies.ts';
import { ipTransparent } from './sockets/ip-transparent.ts';
import { ipUnicastIf } from './sockets/ip-unicast-if.ts';
import { ownAddressAsSource } from './sockets/own-address-as-source.ts';
import { rawForgedSource } from './sockets/raw-forged-source.ts';
import { rawFragments } from './sockets/raw-fragments.ts';
import { rawNeighboursSource } from './sockets/raw-neighbours-source.ts';
import { rawOwnSource } from './sockets/raw-own-source.ts';
import { rawTcp } from './sockets/raw-tcp.ts';
import { soBindtodevice } from './sockets/so-bindtodevice.ts';
import { soBindtodeviceIpv6 } from './sockets/so-bindtodevice-ipv6.ts';
import { soDontroute } from './sockets/so-dontroute.ts';
import { soMark } from './sockets/so-mark.ts';
import { udpFromKnownPorts } from './sockets/udp-from-known-ports.ts';

export const sockets: Group = {
  name: 'socket options and raw sockets',
  cases: [
    ...soMark,
    soBindtodevice,
    soBindtodeviceIpv6,
    ipUnicastIf,
    ownAddressAsSource,
    soDontroute,
    ipTransparent,
    udpFromKnownPorts,
    connectionFromTheSessionPort,
    rawOwnSource,
    rawForgedSource,
    rawNeighboursSource,
    rawTcp,
    icmpReplies,
    rawFragments,
  ],
};
