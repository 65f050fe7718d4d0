import { extended } from '../../attempts/extension-header.ts';
import { byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const destinationOptions: Case = {
  name: 'IPv6 with destination options',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.6',
  seenAt: 'wan',
  ...byFrames((at, mark) => [extended(60, ['1100010400000000'], at, mark)]),
};
