import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const sixInFour: Case = {
  name: 'IPv6 in IPv4 (protocol 41)',
  why: '6in4: a way out for the family that is forgotten',
  source: '2.3 case 20; RFC 4213',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(PROTOCOL.sit, mark, '6000000000003b40')],
};
