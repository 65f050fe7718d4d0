import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const pim: Case = {
  name: 'PIM (protocol 103)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 7761',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(103, mark, '2000dfff00000000')],
};
