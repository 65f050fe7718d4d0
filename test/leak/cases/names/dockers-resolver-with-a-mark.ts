import { askUdp, BY_RULES, DOCKERS_RESOLVER } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const dockersResolverWithAMark: Case = {
  name: 'Docker’s resolver, with a mark',
  why: 'a mark that rules or routes exempt',
  source: 'facts E1',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [0x1, 51820].map((fwmark) => askUdp(DOCKERS_RESOLVER, mark, { mark: fwmark })),
};
