import { rawExtended } from '../../attempts/extension-header.ts';
import type { Case } from '../../case.ts';

export const rawFragmentHeader: Case = {
  name: 'IPv6 with a fragment header, by a raw socket',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.5',
  seenAt: 'wan',
  attempts: (at, mark) => [rawExtended(44, '1100000000004b53', at, mark)],
};
