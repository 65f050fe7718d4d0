import { rawExtended } from '../../attempts/extension-header.ts';
import type { Case } from '../../case.ts';

export const rawDestinationOptions: Case = {
  name: 'IPv6 with destination options, by a raw socket',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.6',
  seenAt: 'wan',
  attempts: (at, mark) => [rawExtended(60, '1100010400000000', at, mark)],
};
