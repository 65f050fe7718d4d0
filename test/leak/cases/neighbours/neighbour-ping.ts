import { pingTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const neighbourPing: Case = {
  name: 'ping to the neighbour',
  why: 'from one session to another',
  source: '2.3 case 24',
  seenAt: 'neighbour',
  attempts: (at, mark) => [pingTo(at.neighbour.ip4, at, mark)],
};
