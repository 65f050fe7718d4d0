import { RESOLVER } from '../../../../lab/addresses.ts';
import { askUdp } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const hostsResolverUdp: Case = {
  name: 'the host’s resolver, UDP',
  why: 'what the host may ask, a session may not',
  source: '2.3 case 6',
  seenAt: 'wan',
  attempts: (_, mark) => [askUdp(RESOLVER.v4, mark), askUdp(RESOLVER.v6, mark)],
};
