import { askUdp, BY_RULES, DOCKERS_RESOLVER } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const dockersResolverFromLoopback: Case = {
  name: 'Docker’s resolver, from another loopback address',
  why: 'rules that know the asker by 127.0.0.1',
  source: '2.3 case 21',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [
    askUdp(DOCKERS_RESOLVER, mark, { from: { address: '127.0.0.77' } }),
    askUdp(DOCKERS_RESOLVER, mark, { device: 'lo', bind: true }),
  ],
};
