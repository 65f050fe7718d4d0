import { failure, type Judgement, ok, skipped } from '../finding.ts';
import { type ContainerView, isSeen, type Observation, type WireView } from '../observation.ts';
import { type ContainerCheck, listed } from './check.ts';
import { isOpen, repairOf } from './session.ts';

/** The outer layer: nftables on the host's end of the wire. */
export const guardChecks: readonly ContainerCheck[] = [
  {
    id: 'session-guard',
    title: 'the guard: nft on its wire’s host end',
    question: 8,
    of: 'session',
    judge: judgeGuard,
  },
];

function judgeGuard(container: ContainerView, seen: Observation): Judgement {
  const { wires } = container;
  if (wires.length === 0) return skipped('its wire on the host is not known');
  const flaws = wires.flatMap((wire) => flawOf(wire) ?? []);
  if (flaws.length > 0) return failure(listed(flaws), repairOf(seen));
  const suffix = isOpen(container) ? ', open for a session without a tunnel' : '';
  return ok(listed(wires.map((wire) => `${wire.hostLink}: ${droppedBy(wire)} packets dropped${suffix}`)));
}

const LAST_RULE = /counter packets (\d+) bytes \d+ drop\s*\}/;

function flawOf({ hostLink, guard }: WireView): string | undefined {
  if (!isSeen(guard)) return `${hostLink} has no guard (${guard.problem})`;
  const hook = new RegExp(`hook ingress device "?${hostLink}"? priority [^;]+; policy (\\w+);`).exec(guard.value);
  if (!hook) return `the guard of ${hostLink} is not hooked to it`;
  if (hook[1] !== 'drop') return `the guard’s policy on ${hostLink} is ${hook[1]}, not drop`;
  if (/^\s*(counter packets \d+ bytes \d+ )?accept$/m.test(guard.value)) return `the guard of ${hostLink} lets all by`;
  return LAST_RULE.test(guard.value) ? undefined : `the guard of ${hostLink} does not end with its drop`;
}

const droppedBy = ({ guard }: WireView): string => (isSeen(guard) && LAST_RULE.exec(guard.value)?.[1]) || '0';
