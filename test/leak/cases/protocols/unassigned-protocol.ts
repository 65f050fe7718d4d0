import { rawTo } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const unassignedProtocol: Case = {
  name: 'an unassigned protocol (protocol 253)',
  why: 'rules that know TCP, UDP and ICMP only',
  source: '2.3 case 17; RFC 3692',
  seenAt: 'wan',
  attempts: (_, mark) => [rawTo(253, mark)],
};
