import { rawExtended } from '../../attempts/extension-header.ts';
import type { Case } from '../../case.ts';

export const rawRoutingHeader: Case = {
  name: 'IPv6 with a routing header, by a raw socket',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.4',
  seenAt: 'wan',
  attempts: (at, mark) => [rawExtended(43, '1100040000000000', at, mark)],
};
