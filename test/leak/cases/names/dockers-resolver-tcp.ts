import { askTcp, BY_RULES, DOCKERS_RESOLVER } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const dockersResolverTcp: Case = {
  name: 'Docker’s resolver, TCP',
  why: 'the engine asks a resolver on 127.x from the host’s namespace, whatever stands in the container’s',
  source: 'facts 2.2; 2.3 case 21: moby resolver.go, CVE-2024-29018',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [{ ...askTcp(DOCKERS_RESOLVER, mark), from: {} }],
};
