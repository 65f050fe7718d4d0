import type { Case, Mark } from '../../case.ts';

/** A group that nobody else is in, one a probe. */
const ownGroup = ({ port }: Mark): string => `ff05::77:${port.toString(16)}`;

export const kernelsMldReport: Case = {
  name: 'the kernel’s own report of a group: MLD',
  why: 'the kernel sends it, not the process, in the family that is forgotten',
  source: 'RFC 3810',
  seenAt: 'bridge',
  needs: ['the wire’s own MAC'],
  attempts: ({ device }, mark) => [{ op: 'join', family: 6, to: ownGroup(mark), device }],
};
