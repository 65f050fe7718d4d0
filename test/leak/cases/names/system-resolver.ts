import { BY_RULES, nameOf } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const systemResolver: Case = {
  name: 'a name, as every program asks',
  why: 'resolv.conf as it is. The engine asks a resolver on 127.x from the host’s namespace, whatever stands in the container’s',
  source: 'facts 2.2; 2.3 case 21: moby resolver.go, CVE-2024-29018',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [{ op: 'resolve', name: nameOf(mark) }],
};
