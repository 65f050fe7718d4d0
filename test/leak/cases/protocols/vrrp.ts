import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const vrrp: Case = {
  name: 'VRRP (protocol 112)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 9568',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(112, mark, '3107640100010000')],
};
