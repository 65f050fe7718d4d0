import { extended } from '../../attempts/extension-header.ts';
import { byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const chainOfHeaders: Case = {
  name: 'IPv6 with a chain of headers',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.1',
  seenAt: 'wan',
  ...byFrames((at, mark) => [extended(0, ['3c00010400000000', '3c00010400000000', '1100010400000000'], at, mark)]),
};
