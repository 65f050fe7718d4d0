import { askGroup } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const llmnr: Case = {
  name: 'LLMNR',
  why: 'tells the link which names a session asks for',
  source: '2.3 case 19; RFC 4795',
  seenAt: 'neighbour',
  attempts: ({ device }, mark) => [
    askGroup('224.0.0.252', 5355, device, mark),
    askGroup('ff02::1:3', 5355, device, mark),
  ],
};
