import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const sctp: Case = {
  name: 'SCTP (protocol 132)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 9260',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(PROTOCOL.sctp, mark, '115c053900000000000000000000000c')],
};
