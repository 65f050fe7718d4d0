import { gatewayAddresses } from '../../lab/addresses.ts';
import { sleep, waitFor } from '../support/wait.ts';
import type { Attacker, Report } from './attacker.ts';
import { carryOut } from './attacker.ts';
import { readIp } from './bytes/read.ts';
import type { Attempt, Case, Group, Mark } from './case.ts';
import type { Observer, Sighting } from './observer.ts';
import { describeSighting } from './observer.ts';

/** One attempt of one case. */
interface Shot {
  readonly group: string;
  readonly case: Case;
  readonly attempt: Attempt;
  readonly mark: Mark;
}

/** All probes of a catalogue, sent at one moment from one container. */
export interface Volley {
  readonly attacker: Attacker;
  readonly shots: readonly Shot[];
  readonly report: Report;
}

/** Commands of a root inside, before the probes. */
export type Acts = (attacker: Attacker) => { readonly acts: readonly (readonly string[])[]; readonly device?: string };

/** How long a packet may take from the probe's socket to the capture; the last test of a file looks once more. */
const SETTLE_MS = 500;

function aim(observer: Observer, { at }: Attacker, groups: readonly Group[]): Shot[] {
  const shots: Shot[] = [];
  for (const group of groups) {
    for (const one of group.cases) {
      const count = one.attempts(at, { tag: '', port: 0 }).length;
      for (let index = 0; index < count; index++) {
        const mark = observer.newMark();
        const attempt = one.attempts(at, mark)[index];
        if (!attempt) throw new Error(`${one.name}: the number of attempts depends on the mark`);
        if (attempt.to === at.nobody4(mark)) observer.knowByAddress(attempt.to, mark);
        shots.push({ group: group.name, case: one, attempt, mark });
      }
    }
  }
  return shots;
}

/** Fires once and waits until everything that may be seen has been seen. */
export async function fire(
  observer: Observer,
  attacker: Attacker,
  groups: readonly Group[],
  prepare?: Acts,
): Promise<Volley> {
  const { acts, device = attacker.at.device } = prepare?.(attacker) ?? { acts: [] };
  const aimed = { ...attacker, at: { ...attacker.at, device } };
  const shots = aim(observer, aimed, groups);
  const attempts = shots.map(({ attempt, mark: { tag } }) => ({ ...attempt, tag }));
  const report = await carryOut(attacker, { acts, attempts });
  return { attacker: aimed, shots, report };
}

export async function settle(observer: Observer): Promise<void> {
  await sleep(SETTLE_MS);
  await observer.catchUp();
}

const label = ({ case: { name }, attempt }: Shot): string =>
  `${name} (${attempt.op} ${[attempt.to ?? attempt.name ?? '', attempt.port ?? ''].filter(Boolean).join(' port ')})`;

const inGroup =
  (group: string | undefined) =>
  (shot: Shot): boolean =>
    group === undefined || shot.group === group;

/** Attempts of an unprotected container that were not seen where they had to be. */
export async function unseen(observer: Observer, { attacker, shots }: Volley): Promise<Map<string, string[]>> {
  const isSeen = (shot: Shot) =>
    observer.sightings(shot.mark).some((sighting) => isAt(observer, attacker, shot, sighting));
  const missing = () => shots.filter((shot) => !isSeen(shot));
  await waitFor(
    'the controls to be seen',
    async () => {
      await observer.catchUp();
      return missing().length === 0;
    },
    { timeoutMs: 3_000 },
  ).catch(() => undefined); // who is missing, and of which group, is the answer
  const groups = Map.groupBy(missing(), ({ group }) => group);
  return new Map([...groups].map(([group, shots]) => [group, shots.map(label)]));
}

function isAt(observer: Observer, { network }: Attacker, { case: { seenAt } }: Shot, sighting: Sighting): boolean {
  switch (seenAt) {
    case 'wan':
      return observer.isWan(sighting) && sighting.outgoing;
    case 'neighbour':
      return sighting.link === network.neighbour.link && sighting.outgoing;
    case 'bridge':
      return sighting.link === network.bridge.index;
    case 'loopback':
      return sighting.linkName === 'lo';
  }
}

/**
 * - `sealed`: nothing is seen behind the host's end of the container's own wire.
 * - `undelivered`: frames may enter the bridge, but no one gets them: not the internet, not a neighbour, not the host.
 */
export type Standard = 'sealed' | 'undelivered';

const GATEWAYS = [1, 2].flatMap((number) => {
  const { v4, v6 } = gatewayAddresses(number);
  return [v4, v6];
});

function isAllowed(
  observer: Observer,
  { attacker, standard }: { attacker: Attacker; standard: Standard },
  shot: Shot,
  sighting: Sighting,
): boolean {
  const { network, ownLinks } = attacker;
  const { link, outgoing } = sighting;
  if (ownLinks.includes(link)) return true;
  const atProxy = link === network.proxy.link || link === network.bridge.index;
  if (shot.case.mayReach === 'proxy' && atProxy) return true;
  if (shot.case.mayReach === 'host by tunnel' && observer.isWan(sighting)) {
    const ip = readIp(sighting.packet);
    return GATEWAYS.includes((outgoing ? ip?.to : ip?.from) ?? '');
  }
  return standard === 'undelivered' && ((link === network.bridge.index && !outgoing) || link === network.proxy.link);
}

/** What got out, one line a packet; nothing is what must be. */
export function leaks(
  observer: Observer,
  { attacker, shots }: Volley,
  { group, standard = 'sealed' }: { group?: string; standard?: Standard } = {},
): string[] {
  return shots.filter(inGroup(group)).flatMap((shot) =>
    observer
      .sightings(shot.mark)
      .filter((sighting) => !isAllowed(observer, { attacker, standard }, shot, sighting))
      .map((sighting) => `${label(shot)}: ${describeSighting(sighting)}`),
  );
}

export const countShots = (volleys: readonly Volley[]): number =>
  volleys.reduce((sum, { shots }) => sum + shots.length, 0);
