import { ROUTER } from '../../../../lab/addresses.ts';
import { pingTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const hostsRouter: Case = {
  name: 'the host’s LAN: its router',
  why: 'what stands beside the host is nobody’s neighbour in the container',
  source: '2.3 case 5',
  seenAt: 'wan',
  attempts: (at, mark) => [udpTo(ROUTER.v4, 1337, mark), pingTo(ROUTER.v4, at, mark)],
};
