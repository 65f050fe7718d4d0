import { HOST } from '../../../../lab/addresses.ts';
import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const hostsPublicAddress: Case = {
  name: 'UDP, TCP and ping to the host’s address on the internet',
  why: 'the host answers for all of its addresses on every interface',
  source: '2.3 case 25',
  seenAt: 'bridge',
  mayReach: 'host by tunnel',
  attempts: (at, mark) => [
    udpTo(HOST.v4, 1337, mark),
    tcpTo(HOST.v4, 1337, mark),
    pingTo(HOST.v4, at, mark),
    udpTo(HOST.v6, 1337, mark),
  ],
};
