import type { Judgement } from '../verdict.ts';
import { describeShot } from '../volley.ts';
import type { Counts, Leaked } from './results.ts';

const keyOf = ({ shot }: Judgement): string => `${shot.group} / ${shot.case.name}`;

/** Verdicts on probes, made into verdicts on cases: it takes one probe of a case to leak, and one to show it. */
export function tally(judgements: readonly Judgement[]): Counts {
  const byCase = Map.groupBy(judgements, keyOf);
  const shown = [...byCase].filter(([, all]) => all.some(({ verdict }) => ['held', 'leak'].includes(verdict.is)));
  return {
    cases: byCase.size,
    probes: judgements.length,
    shown: shown.map(([key]) => key),
    leaked: [...byCase.values()].flatMap((all) => leakOf(all) ?? []),
    unproven: judgements.filter(({ verdict }) => verdict.is === 'unproven').map(({ shot }) => describeShot(shot)),
  };
}

function leakOf(all: readonly Judgement[]): Leaked | undefined {
  const [first] = all;
  const leaks = all.flatMap(({ verdict }) => (verdict.is === 'leak' ? [verdict] : []));
  const left = leaks.filter(({ internet }) => internet);
  const [excerpt] = (left.length > 0 ? left : leaks).flatMap(({ packets }) => packets);
  if (!first || excerpt === undefined) return undefined;
  return {
    group: first.shot.group,
    case: first.shot.case.name,
    reach: left.length > 0 ? 'internet' : 'host',
    packets: leaks.reduce((sum, { packets }) => sum + packets.length, 0),
    excerpt,
  };
}
