import { askGroup } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const mdns: Case = {
  name: 'mDNS',
  why: 'tells the link which names a session asks for',
  source: '2.3 case 19; RFC 6762',
  seenAt: 'neighbour',
  attempts: ({ device }, mark) => [
    askGroup('224.0.0.251', 5353, device, mark),
    askGroup('ff02::fb', 5353, device, mark),
  ],
};
