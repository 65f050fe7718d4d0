import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const l2tp: Case = {
  name: 'L2TP (protocol 115)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 3931',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(115, mark, '00000007')],
};
