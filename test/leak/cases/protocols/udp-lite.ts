import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const udpLite: Case = {
  name: 'UDP-Lite (protocol 136)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 3828',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(136, mark, '115c053900080000')],
};
