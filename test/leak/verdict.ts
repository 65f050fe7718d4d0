import { sh } from '../support/shell.ts';
import type { Attacker } from './attacker.ts';
import type { Group, Need } from './case.ts';
import { needsOf } from './case.ts';
import type { Observer } from './observer.ts';
import type { Posture } from './posture.ts';
import { fire, type Leak, leakingOf, leakOf, type Shot, unseen, type Volley } from './volley.ts';

/**
 * - `held`: the same shot of an unprotected container was seen; this one was not.
 * - `impossible`: who stands so can't even try, protected or not; and nothing was seen.
 * - `unproven`: nobody has shown that it would be seen. An error, not a pass.
 */
export type Verdict =
  | { readonly is: 'held' }
  | { readonly is: 'impossible'; readonly why: string }
  | { readonly is: 'unproven' }
  | Leak;

export interface Judgement {
  readonly shot: Shot;
  readonly verdict: Verdict;
}

/** What the controls of one posture at one moment have shown: keys of the shots that were seen. */
export type Shown = ReadonlySet<string>;

/** A datagram may get lost on a busy machine, in a control as anywhere. */
const REPEATS = 4;

/** What this posture can't try, and why. */
export function obstacle({ lacks, name }: Posture, shot: Pick<Shot, 'case' | 'attempt'>): string | undefined {
  const missing: Need[] = needsOf(shot.case, shot.attempt).filter((need) => lacks.includes(need));
  return missing.length > 0 ? `${name}: there is no ${missing.join(', no ')}` : undefined;
}

/** Fires from an unprotected container of the same posture, and again what was not seen. */
export async function fireControl(observer: Observer, attacker: Attacker, groups: readonly Group[]): Promise<Shown> {
  const shown = new Set<string>();
  let left = groups;
  for (let round = 0; round <= REPEATS && left.length > 0; round++) {
    await forgetAddresses(attacker);
    const volley = await fire(observer, attacker, left);
    const missing = new Set((await unseen(observer, volley)).map(({ key }) => key));
    for (const { key } of volley.shots) if (!missing.has(key)) shown.add(key);
    const again = volley.shots.filter((shot) => !shown.has(shot.key) && !obstacle(attacker.posture, shot));
    left = only(left, new Set(again.map((shot) => shot.case)));
  }
  return shown;
}

/** Frames with a forged source have taught the bridge that others are where the attacker is; what is for them goes nowhere. */
const forgetAddresses = ({ network }: Attacker): Promise<string> =>
  sh('ip', 'link', 'set', 'dev', network.bridge.name, 'type', 'bridge', 'fdb_flush');

const only = (groups: readonly Group[], cases: ReadonlySet<Group['cases'][number]>): Group[] =>
  groups
    .map((group) => ({ ...group, cases: group.cases.filter((one) => cases.has(one)) }))
    .filter((group) => group.cases.length > 0);

/** One verdict for each shot. */
export const judge = (observer: Observer, volley: Volley, shown: Shown): Judgement[] =>
  volley.shots.map((shot) => ({ shot, verdict: verdictOf(observer, volley, shot, shown) }));

function verdictOf(observer: Observer, volley: Volley, shot: Shot, shown: Shown): Verdict {
  const leaking = leakingOf(observer, volley, shot);
  if (leaking.length > 0) return leakOf(observer, shot, leaking);
  if (shown.has(shot.key)) return { is: 'held' };
  const why = obstacle(volley.attacker.posture, shot);
  return why === undefined ? { is: 'unproven' } : { is: 'impossible', why };
}
