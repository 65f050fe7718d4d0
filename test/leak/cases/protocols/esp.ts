import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const esp: Case = {
  name: 'ESP (protocol 50)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 4303',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(PROTOCOL.esp, mark, '0101010101010101')],
};
