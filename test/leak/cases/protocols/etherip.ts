import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const etherip: Case = {
  name: 'EtherIP (protocol 97)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 3378',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(97, mark, '3000')],
};
