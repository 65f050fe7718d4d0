import { SITE } from '../../../../lab/addresses.ts';
import { payload } from '../../attempts/payload.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const fragmentedUdp: Case = {
  name: 'UDP of 4000 bytes, in fragments',
  why: 'only the first fragment has ports',
  source: '2.3 case 18',
  seenAt: 'wan',
  attempts: (_, mark) => [udpTo(SITE.v4, 1337, mark, { bytes: payload(mark).repeat(225) })],
};
