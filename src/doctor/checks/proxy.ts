import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { type ContainerView, isSeen } from '../observation.ts';
import { type ContainerCheck, listed } from './check.ts';
import { flawOfEnd } from './session.ts';

export const proxyChecks: readonly ContainerCheck[] = [
  {
    id: 'proxy-interface',
    title: 'the proxy’s interface on the bridge',
    question: 4,
    of: 'proxy',
    judge: judgeInterface,
  },
];

function judgeInterface({ name, inside, wires }: ContainerView): Judgement {
  const again = `docker network disconnect NETWORK ${name}; docker network connect NETWORK ${name}`;
  if (!isSeen(inside)) return wires.length === 0 ? skipped(inside.problem) : failure(inside.problem, again);
  const links = inside.value.links.filter((link) => link.name.startsWith('k-p-'));
  const link = links.find((one) => one.name.startsWith('k-p-p-')) ?? links[0];
  if (!link) return failure('it has no k-p-p-…', again);
  if (!link.isUp) return failure(`${link.name} is down`, again);
  const flaw = wires.flatMap((wire) => flawOfEnd(wire) ?? [])[0];
  if (flaw) return failure(flaw, again);
  const seen = `${link.name} ${link.addresses[0] ?? ''} on ${listed(wires.map(({ bridge }) => bridge))}`;
  if (link.name.startsWith('k-p-p-')) return ok(seen);
  // Up to Docker 27 nobody knows who joins until its namespace is there (docs/known-issues.md).
  return warning(`${seen}: the name of a session’s interface; it works, the documents’ check does not`, again);
}
