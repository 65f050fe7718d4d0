import { extended } from '../../attempts/extension-header.ts';
import { byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const routingHeader: Case = {
  name: 'IPv6 with a routing header',
  why: 'rules that read the first next-header only',
  source: 'RFC 8200 4.4',
  seenAt: 'wan',
  ...byFrames((at, mark) => [extended(43, ['1100040000000000'], at, mark)]),
};
