import { extended } from '../../attempts/extension-header.ts';
import { byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const hopByHopHeader: Case = {
  name: 'IPv6 with a hop-by-hop header',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.3',
  seenAt: 'wan',
  ...byFrames((at, mark) => [extended(0, ['1100010400000000'], at, mark)]),
};
