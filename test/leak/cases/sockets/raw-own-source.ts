import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { written } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const rawOwnSource: Case = {
  name: 'IPPROTO_RAW, own source',
  why: 'a packet that no socket of UDP’s or TCP’s has made',
  source: 'facts E1',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) => [written(SITE.v4, datagram(ip4, SITE.v4, mark))],
};
