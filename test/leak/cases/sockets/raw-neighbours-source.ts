import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { written } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const rawNeighboursSource: Case = {
  name: 'IPPROTO_RAW, the neighbour’s source',
  why: 'in another session’s name',
  source: '2.3 case 24',
  seenAt: 'wan',
  attempts: ({ neighbour }, mark) => [written(SITE.v4, datagram(neighbour.ip4, SITE.v4, mark))],
};
