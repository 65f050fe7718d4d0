import { beforeAll, describe, expect, test } from 'vitest';
import { putLaunchScript } from '../support/control.ts';
import { tryDocker } from '../support/docker.ts';
import { unique } from '../support/session.ts';
import { sleep } from '../support/wait.ts';
import { asAttacker } from './attacker.ts';
import { nameOf } from './attempts/name.ts';
import type { Mark } from './case.ts';
import { KINDS } from './kinds.ts';
import type { Network } from './network.ts';
import type { Sighting } from './observer.ts';
import { describeSighting } from './observer.ts';
import { dockerDefault, type Posture, tornDown } from './posture.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/** For each circumstance. Leaks of 1 in 60 starts were seen once; for a long run (1,000 starts): KASM_SIDECAR_LEAK_ROUNDS=50. */
const ROUNDS = Number(process.env.KASM_SIDECAR_LEAK_ROUNDS ?? 1);
const AT_ONCE = 20;
const STARTS = ROUNDS * AT_ONCE;

const world = useLeakWorld();

/** The three ways out that a container's first instruction has: Docker's resolver, another one, and a connection. */
interface Marks {
  readonly embedded: Mark;
  readonly resolver: Mark;
  readonly connection: Mark;
}

const WAYS = ['embedded', 'resolver', 'connection'] as const;

const IPTABLES = '/usr/sbin/xtables-nft-multi iptables';
const FORGET = ['filter', 'mangle']
  .map((table) => `${IPTABLES} -t ${table} -F; ${IPTABLES} -t ${table} -P OUTPUT ACCEPT;`)
  .join(' ');

const commandOf = ({ embedded, resolver, connection }: Marks, posture: Posture): string[] => [
  'sh',
  '-c',
  `${posture === tornDown ? FORGET : ''}
   nslookup ${nameOf(embedded)} 127.0.0.11 & nslookup ${nameOf(resolver)} 203.0.113.53 &
   nc -w 1 203.0.113.80 ${connection.port} </dev/null & wait; exit 0`,
];

/** What happens before the starts or beside them, of containers that have these names. */
type Deed = (names: readonly string[]) => Promise<unknown>;
const nothing = async (): Promise<void> => undefined;

interface Deeds {
  /** Done before the first of them. */
  readonly before?: Deed;
  readonly meanwhile?: Deed;
}

interface Starts {
  readonly marks: readonly Marks[];
  /** Who is refused because the sidecar was away just then has sent nothing, and proves nothing. */
  readonly started: number;
}

/** Starts `count` containers at one moment, each of which tries to leave by its first instruction. */
async function startAtOnce(
  count: number,
  network: Network,
  posture: Posture,
  { before = nothing, meanwhile = nothing }: Deeds = {},
): Promise<Starts> {
  const mark = () => world.observer.newMark();
  const all = Array.from({ length: count }, () => ({
    name: unique('start'),
    marks: { embedded: mark(), resolver: mark(), connection: mark() },
  }));
  // The tools' mounts would make the start of those who don't need them slower, and so the race easier to win.
  const { run = [] } = posture === tornDown ? asAttacker(posture, network) : {};
  const names = all.map(({ name }) => name);
  await before(names);
  const starts = all.map(({ name, marks }) =>
    tryDocker(
      'run',
      '--rm',
      '--name',
      name,
      '--network',
      network.name,
      ...run,
      'bb:latest',
      ...commandOf(marks, posture),
    ),
  );
  const [outcomes] = await Promise.all([Promise.all(starts), meanwhile(names)]);
  await settle(world.observer);
  return {
    marks: all.map(({ marks }) => marks),
    started: outcomes.filter(({ exitCode }) => exitCode === 0).length,
  };
}

const isOut = (sighting: Sighting): boolean =>
  (world.observer.isWan(sighting) && sighting.outgoing) ||
  ['lo', world.sessions.bridge.name].includes(sighting.linkName);

const seenOutside = (mark: Mark): string[] => world.observer.sightings(mark).filter(isOut).map(describeSighting);

/** How long the starts take: a second on a machine at rest. The controls measure it; a session's start is no faster. */
let startsTakeMs = 2_000;

/** Some time while they start. */
const aMoment = (): Promise<void> => sleep(Math.random() * startsTakeMs);

/** Kinds in turn, one a container, each at its own moment. */
const launchEach = (names: readonly string[], moment: () => Promise<void>): Promise<unknown> =>
  Promise.all(
    names.map(async (name, index) => {
      const script = await KINDS[index % KINDS.length]?.script(world.lab, 'gateway', 60);
      await moment();
      await putLaunchScript(name, script ?? {});
    }),
  );

interface Circumstance extends Deeds {
  readonly name: string;
  readonly atOnce: number;
  /** Share of the containers that must have started: some are refused while there is no daemon. */
  readonly leastStarted: number;
  /** Ways out that are not judged. */
  readonly knownLimit?: keyof Marks;
}

/** What may happen while containers start. */
const CIRCUMSTANCES: readonly Circumstance[] = [
  { name: 'no launch script', atOnce: AT_ONCE, leastStarted: 1 },
  { name: 'launch scripts of all kinds beforehand', atOnce: AT_ONCE, leastStarted: 1, before: launchAll },
  {
    name: 'launch scripts of all kinds at random moments',
    atOnce: AT_ONCE,
    leastStarted: 1,
    meanwhile: (names) => launchEach(names, aMoment),
  },
  { name: 'the daemon restarted meanwhile', atOnce: AT_ONCE, leastStarted: 0.5, meanwhile: restartDaemon },
  {
    name: 'launch scripts of all kinds beforehand, and the daemon restarted meanwhile',
    atOnce: AT_ONCE,
    leastStarted: 0.5,
    before: launchAll,
    meanwhile: restartDaemon,
  },
  {
    name: 'the daemon killed meanwhile',
    atOnce: AT_ONCE,
    leastStarted: 0.5,
    meanwhile: async () => {
      await aMoment();
      await world.sidecar.kill();
      await world.sidecar.start();
    },
    knownLimit: 'embedded', // docs/known-issues.md: killed in the 0.1 s before the namespace, it can't hold the process
  },
];

/** On a machine at rest a container is at its first instruction sooner. */
const ALONE: Circumstance = { name: 'no launch script, one after the other', atOnce: 1, leastStarted: 1 };

/** As Kasm does it: what of a tunnel needs no namespace is made when Docker creates the container. */
function launchAll(names: readonly string[]): Promise<unknown> {
  return launchEach(names, nothing);
}

/** As an upgrade does it: the old one ends its work, the new one takes over. */
async function restartDaemon(): Promise<void> {
  await aMoment();
  await world.sidecar.stop();
  await world.sidecar.start();
}

/** Who flushes first can do all that the others can; they are here because no tools' mounts make their start slower. */
const RACERS = [
  { posture: dockerDefault, circumstances: [...CIRCUMSTANCES, ALONE] },
  { posture: tornDown, circumstances: CIRCUMSTANCES },
];

const CONTROL_ATTEMPTS = 4;
const CONTROL_LIMIT_MS = 300_000;

/** Each way out of each of them must be seen at once; on a busy machine a question is lost now and then, so they may try again. */
async function seeUnprotected(posture: Posture): Promise<void> {
  let unseen: string[] = [];
  for (let attempt = 0; attempt < CONTROL_ATTEMPTS; attempt++) {
    const began = Date.now();
    const { marks: all } = await startAtOnce(AT_ONCE, world.plain, posture);
    startsTakeMs = Math.max(startsTakeMs, Date.now() - began);
    unseen = WAYS.flatMap((way) => {
      const count = all.filter((marks) => seenOutside(marks[way]).length === 0).length;
      return count === 0 ? [] : [`${way} of ${count}`];
    });
    console.log(`${posture.name}: ${AT_ONCE} unprotected starts at once took ${Date.now() - began} ms`);
    if (unseen.length === 0) return;
  }
  throw new Error(`of ${AT_ONCE} unprotected containers, these were not seen: ${unseen.join(', ')}`);
}

describe.each(RACERS)('the first instruction, $posture.name', ({ posture, circumstances }) => {
  // Here and no test of its own: what is chosen by its name is proved as well.
  beforeAll(() => seeUnprotected(posture), CONTROL_LIMIT_MS);

  test.each(circumstances)(
    `of ${STARTS} sessions, $atOnce at once, gets nothing out: $name`,
    async ({ name, atOnce, leastStarted, knownLimit, ...deeds }) => {
      const ways = WAYS.filter((way) => way !== knownLimit);
      const leaks: string[] = [];
      let started = 0;
      const began = Date.now();
      for (let round = 0; round < STARTS / atOnce; round++) {
        const starts = await startAtOnce(atOnce, world.sessions, posture, deeds);
        started += starts.started;
        leaks.push(...starts.marks.flatMap((marks) => ways.flatMap((way) => seenOutside(marks[way]))));
      }
      const minutes = ((Date.now() - began) / 60_000).toFixed(1);
      console.log(
        `${posture.name}, ${name}: ${started} of ${STARTS} started, ${started * ways.length} probes, ${leaks.length} packets leaked, ${minutes} minutes`,
      );
      expect(leaks).toEqual([]);
      expect(started).toBeGreaterThanOrEqual(STARTS * leastStarted);
    },
    7_200_000,
  );
});
