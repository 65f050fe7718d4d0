import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const neighbourIpv6: Case = {
  name: 'TCP, UDP and ping to the neighbour, IPv6',
  why: 'from one session to another, in the family that is forgotten',
  source: '2.3 case 24',
  seenAt: 'neighbour',
  attempts: (at, mark) => [
    tcpTo(at.neighbour.ip6, 1337, mark),
    udpTo(at.neighbour.ip6, 1337, mark),
    pingTo(at.neighbour.ip6, at, mark),
  ],
};
