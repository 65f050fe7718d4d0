import { query } from '../../attempts/name.ts';
import { hex } from '../../attempts/payload.ts';
import type { Case } from '../../case.ts';

export const dockersResolverByItsRealPorts: Case = {
  name: 'Docker’s resolver by its real ports',
  why: 'a root finds them in /proc/net and needs no rule of table nat to get there',
  source: 'facts 2.2: moby resolver.go',
  seenAt: 'loopback',
  needs: ['Docker’s namespace'],
  attempts: (_, mark) => [{ op: 'embedded', bytes: hex(query(mark)) }],
};
