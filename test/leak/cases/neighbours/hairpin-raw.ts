import { datagram } from '../../attempts/datagram.ts';
import { written } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

/** The kernel looks for the way to where the socket sends, and leaves another destination in the header as it is. */
export const hairpinRaw: Case = {
  name: 'hairpin: a raw packet for the neighbour’s address, sent to the gateway',
  why: 'ports that are isolated from each other still meet at the host, which routes back to where it came from',
  source: 'facts E11, 2.3 case 24',
  seenAt: 'neighbour',
  attempts: (at, mark) => [written(at.gateway4, datagram(at.ip4, at.neighbour.ip4, mark))],
};
