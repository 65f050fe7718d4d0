import { SITE } from '../../../../lab/addresses.ts';
import { payload } from '../../attempts/payload.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const largeUdp: Case = {
  name: 'UDP of 60,000 bytes',
  why: 'some forty fragments, most of which have no ports',
  source: '2.3 case 18',
  seenAt: 'wan',
  attempts: (_, mark) => [udpTo(SITE.v4, 1337, mark, { bytes: payload(mark).repeat(3333), count: 1 })],
};
