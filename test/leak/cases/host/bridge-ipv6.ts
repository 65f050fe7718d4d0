import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const bridgeIpv6: Case = {
  name: 'UDP, TCP and ping to the bridge’s IPv6 address',
  why: 'from a session to what listens on the host, in the family that is forgotten',
  source: '2.3 case 25',
  seenAt: 'bridge',
  attempts: (at, mark) => [
    udpTo(at.gateway6, 1337, mark),
    tcpTo(at.gateway6, 1337, mark),
    pingTo(at.gateway6, at, mark),
  ],
};
