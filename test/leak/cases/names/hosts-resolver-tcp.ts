import { RESOLVER } from '../../../../lab/addresses.ts';
import { askTcp } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const hostsResolverTcp: Case = {
  name: 'the host’s resolver, TCP',
  why: 'what the host may ask, a session may not',
  source: '2.3 case 6',
  seenAt: 'wan',
  attempts: (_, mark) => [askTcp(RESOLVER.v4, mark)],
};
