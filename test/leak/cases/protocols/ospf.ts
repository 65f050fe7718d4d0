import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const ospf: Case = {
  name: 'OSPF (protocol 89)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 2328',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(89, mark, '0202020202020202')],
};
