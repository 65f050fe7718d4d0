import type { Case, Mark } from '../../case.ts';

/** A group that nobody else is in, one a probe. */
const ownGroup = ({ port }: Mark): string => `239.77.${port >> 8}.${port & 255}`;

export const kernelsIgmpReport: Case = {
  name: 'the kernel’s own report of a group: IGMP',
  why: 'the kernel sends it, not the process, which needs no privilege to join',
  source: 'RFC 3376',
  seenAt: 'bridge',
  needs: ['the wire’s own MAC'],
  attempts: ({ device }, mark) => [{ op: 'join', to: ownGroup(mark), device }],
};
