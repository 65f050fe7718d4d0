import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const dccp: Case = {
  name: 'DCCP (protocol 33)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 4340',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(33, mark, '115c053902000000')],
};
