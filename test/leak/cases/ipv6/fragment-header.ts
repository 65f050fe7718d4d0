import { extended } from '../../attempts/extension-header.ts';
import { byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const fragmentHeader: Case = {
  name: 'IPv6 with a fragment header',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.5',
  seenAt: 'wan',
  ...byFrames((at, mark) => [extended(44, ['1100000000004b53'], at, mark)]),
};
