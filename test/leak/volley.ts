import { gatewayAddresses } from '../../lab/addresses.ts';
import { sleep, waitFor } from '../support/wait.ts';
import type { Attacker, Order, Report } from './attacker.ts';
import { carryOut } from './attacker.ts';
import { readIp } from './bytes/read.ts';
import type { Act, Attempt, Case, Group, Mark } from './case.ts';
import type { Observer, Sighting } from './observer.ts';
import { describeSighting } from './observer.ts';
import { type Posture, wireNamedAsTunnel } from './posture.ts';

/** One attempt of one case. */
export interface Shot {
  readonly group: string;
  readonly case: Case;
  /** The same for every shot of this attempt, by whomever and whenever. */
  readonly key: string;
  readonly attempt: Attempt;
  readonly mark: Mark;
}

/** All probes of a catalogue, sent at one moment from one container. */
export interface Volley {
  readonly attacker: Attacker;
  readonly shots: readonly Shot[];
  readonly report: Report;
}

/** What got out, one line a packet, and whether any of it left the host. */
export interface Leak {
  readonly is: 'leak';
  readonly packets: readonly string[];
  readonly internet: boolean;
}

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
        const { op, to } = attempt;
        if (to !== undefined && (op === 'join' || to === at.nobody4(mark))) observer.knowByAddress(to, mark);
        shots.push({ group: group.name, case: one, key: `${group.name} / ${one.name} #${index}`, attempt, mark });
      }
    }
  }
  return shots;
}

/** Fails while anything of a lock stands, and where nobody can tell. */
const NOTHING_DROPS: Act = [
  '/bin/sh',
  '-c',
  'rules=$(/usr/sbin/nft list ruleset 2>/dev/null) || exit 2; ! echo "$rules" | grep -E "drop|reject" >&2',
];

/** Whose own acts take the lock away; the wire with a tunnel's name goes by the lock as it is. */
const isTornDown = (posture: Posture): boolean => posture.acts !== undefined && posture !== wireNamedAsTunnel;

/** What of it did not do its work, where a lock still stood: that would hold what the guard alone is thought to hold. */
function whyLocked({ acts }: Report): string | undefined {
  const proof = acts.find(([command]) => command === NOTHING_DROPS.join(' '));
  if (proof?.[1] === 'sent') return undefined;
  const failed = acts.filter(([, outcome]) => outcome !== 'sent').map((act) => act.join(': '));
  return `the lock was not torn down; ${failed.join('; ')}`;
}

const TEARING_DOWN_MS = 90_000;

/**
 * The daemon may write the lock anew in the midst of the acts that take it away: then all of it is done once more. In a namespace
 * of the attacker's own nobody does, and its acts can't be repeated.
 */
async function carryOutTornDown(attacker: Attacker, order: Order): Promise<Report> {
  const { container, posture } = attacker;
  const end = Date.now() + (posture.ownNamespace ? 0 : TEARING_DOWN_MS);
  for (;;) {
    const report = await carryOut(attacker, order);
    const why = whyLocked(report);
    if (why === undefined) return report;
    if (Date.now() >= end) throw new Error(`${container}, ${posture.name}: ${why}`);
  }
}

/** Fires once. */
export async function fire(observer: Observer, attacker: Attacker, groups: readonly Group[]): Promise<Volley> {
  const { posture } = attacker;
  const { acts, device = attacker.at.device, mac = attacker.at.mac } = posture.acts?.(attacker.at) ?? { acts: [] };
  const aimed = { ...attacker, at: { ...attacker.at, device, mac } };
  const shots = aim(observer, aimed, groups);
  const attempts = shots.map(({ attempt, mark: { tag } }) => ({ ...attempt, tag }));
  const preparations = posture.lacks.includes('NET_ADMIN')
    ? []
    : groups.flatMap(({ cases }) => cases.flatMap((one) => one.acts?.(aimed.at) ?? []));
  const proofs = isTornDown(posture) ? [NOTHING_DROPS] : [];
  const order = { acts: [...acts, ...proofs, ...preparations], attempts };
  const carry = isTornDown(posture) ? carryOutTornDown : carryOut;
  const report = await carry(attacker, posture.ownNamespace ? { ...order, takeAway: device } : order);
  return { attacker: aimed, shots, report };
}

export async function settle(observer: Observer): Promise<void> {
  await sleep(SETTLE_MS);
  await observer.catchUp();
}

export const describeShot = ({ case: { name }, attempt }: Shot): string =>
  `${name} (${attempt.op} ${[attempt.to ?? attempt.name ?? '', attempt.port ?? ''].filter(Boolean).join(' port ')})`;

/** Attempts of an unprotected container that were not seen where they had to be. */
export async function unseen(observer: Observer, { attacker, shots }: Volley): Promise<Shot[]> {
  const isSeen = (shot: Shot) =>
    observer.sightings(shot.mark).some((sighting) => isAt(observer, attacker, shot, sighting));
  const missing = () => shots.filter((shot) => !isSeen(shot));
  await waitFor(
    'the controls to be seen',
    async () => {
      await observer.catchUp();
      return missing().length === 0;
    },
    { timeoutMs: 1_000 },
  ).catch(() => undefined); // who is missing is the answer
  return missing();
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

const GATEWAYS = [1, 2].flatMap((number) => {
  const { v4, v6 } = gatewayAddresses(number);
  return [v4, v6];
});

function isAllowed(observer: Observer, { network, ownLinks }: Attacker, shot: Shot, sighting: Sighting): boolean {
  const { link, outgoing } = sighting;
  if (ownLinks.includes(link)) return true;
  const atProxy = link === network.proxy.link || link === network.bridge.index;
  if (shot.case.mayReach === 'proxy' && atProxy) return true;
  if (shot.case.mayReach !== 'host by tunnel' || !observer.isWan(sighting)) return false;
  const ip = readIp(sighting.packet);
  return GATEWAYS.includes((outgoing ? ip?.to : ip?.from) ?? '');
}

/** Of its packets, those that were seen behind the host's end of the container's own wire. */
export const leakingOf = (observer: Observer, { attacker }: Volley, shot: Shot): Sighting[] =>
  observer.sightings(shot.mark).filter((sighting) => !isAllowed(observer, attacker, shot, sighting));

const describeLeak = (shot: Shot, sighting: Sighting): string => `${describeShot(shot)}: ${describeSighting(sighting)}`;

/** The verdict on a shot of which `sightings` should not have been; those on the internet first. */
export function leakOf(observer: Observer, shot: Shot, sightings: readonly Sighting[]): Leak {
  const isOut = (sighting: Sighting) => observer.isWan(sighting) && sighting.outgoing;
  const sorted = [...sightings.filter(isOut), ...sightings.filter((sighting) => !isOut(sighting))];
  return {
    is: 'leak',
    packets: sorted.map((sighting) => describeLeak(shot, sighting)),
    internet: sightings.some(isOut),
  };
}

/** What got out; nothing is what must be. */
export const leaks = (observer: Observer, volley: Volley): string[] =>
  volley.shots.flatMap((shot) => leakingOf(observer, volley, shot).map((sighting) => describeLeak(shot, sighting)));
