import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const grePacket: Case = {
  name: 'GRE (protocol 47)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 2784',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(PROTOCOL.gre, mark, '00000800')],
};
