import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const ah: Case = {
  name: 'AH (protocol 51)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 4302',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(51, mark, '110100000101010100000001')],
};
