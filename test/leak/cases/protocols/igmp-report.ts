import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const igmpReport: Case = {
  name: 'IGMP (protocol 2)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 2236',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(PROTOCOL.igmp, mark, '1600000000000000')],
};
