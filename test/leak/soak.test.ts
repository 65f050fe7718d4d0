import { beforeAll, expect, test, vi } from 'vitest';
import { waitForState } from '../support/control.ts';
import { type HostState, hostState } from '../support/host-state.ts';
import { attempt } from '../support/shell.ts';
import { sleep } from '../support/wait.ts';
import { leavings, seeUnprotected } from './flood.ts';
import { KINDS } from './kinds.ts';
import { Dice } from './soak/dice.ts';
import { JournalReader } from './soak/journal.ts';
import { Population } from './soak/population.ts';
import { readUsage, type Usage } from './soak/usage.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/** A taste of it; for an hour over 30 sessions: KASM_SIDECAR_SOAK_SECONDS=3600 KASM_SIDECAR_SOAK_SESSIONS=30. */
const SECONDS = Number(process.env.KASM_SIDECAR_SOAK_SECONDS ?? 45);
/** What one daemon keeps shows in a part of that. */
const SECONDS_OF_ONE_DAEMON = Math.max(20, SECONDS / 6);
const SESSIONS = Number(process.env.KASM_SIDECAR_SOAK_SESSIONS ?? 6);
/** Which one it was is printed, so that it can be had again; how things fall in time cannot. */
const SEED = Number(process.env.KASM_SIDECAR_SOAK_SEED ?? Date.now() % 1_000_000);
/** Docker asks a plugin that is away again and again, for some 15 s. */
const CALM_MS = 120_000;

const world = useLeakWorld();
const dice = new Dice(SEED);
const population = new Population(world, dice, SESSIONS);
const journal = new JournalReader();
const counts = new Map<string, number>();

interface Deed {
  readonly name: string;
  readonly weight: number;
  readonly act: () => Promise<unknown>;
}

/** What a daemon has to live through; a new one would have nothing to lose. */
const WITH_ONE_DAEMON: readonly Deed[] = [
  { name: 'start', weight: 8, act: () => population.start() },
  { name: 'remove', weight: 4, act: () => population.remove() },
  { name: 'restart', weight: 3, act: () => population.restart() },
  { name: 'kill a tunnel’s process', weight: 3, act: killATunnel },
  { name: 'cut the gateway for some seconds', weight: 1, act: cutTheGateway },
];
const DEEDS: readonly Deed[] = [
  ...WITH_ONE_DAEMON,
  { name: 'kill the daemon', weight: 1, act: () => restartDaemon('kill') },
  { name: 'restart the daemon', weight: 1, act: () => restartDaemon('stop') },
];

async function killATunnel(): Promise<void> {
  const processes = dice.of(KINDS)?.processes ?? '';
  const { stdout } = await attempt(['pgrep', '-f', processes]);
  const pid = dice.of(stdout.split('\n').filter(Boolean));
  if (pid !== undefined) await attempt(['kill', '-KILL', pid]); // it may have ended by itself
}

async function cutTheGateway(): Promise<void> {
  await world.lab.gateway(1).cut();
  await sleep(dice.between(500, 8_000));
  await world.lab.gateway(1).restore();
}

async function restartDaemon(how: 'kill' | 'stop'): Promise<void> {
  await world.sidecar[how]();
  await sleep(dice.between(0, 2_000));
  await world.sidecar.start();
}

async function live(seconds: number, deeds: readonly Deed[]): Promise<void> {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const { name, act } = dice.weighted(deeds);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await act();
    await sleep(dice.between(0, 500));
    await journal.read();
    await world.observer.catchUp();
  }
}

let empty: HostState;
beforeAll(async () => {
  await seeUnprotected(world.observer);
  for (const kind of KINDS) await kind.script(world.lab, 'gateway', 1); // its server starts with it
  await journal.leaveOut();
  empty = await hostState();
}, CALM_MS);

test(
  `${SECONDS} s of starts, stops, kills, gateway faults and daemon restarts (seed ${SEED})`,
  async () => {
    while (population.names.length < SESSIONS / 2) await population.start();
    await live(SECONDS, DEEDS);
    for (const name of population.names) await waitForState(name, 'connected', 60_000);
    console.log(`${JSON.stringify(Object.fromEntries(counts))}; refused by Docker: ${population.refused.length}`);
  },
  SECONDS * 1000 + CALM_MS,
);

test(
  `one daemon over ${SECONDS_OF_ONE_DAEMON} s: it keeps nothing`,
  async () => {
    await population.removeAll();
    await restartDaemon('stop');
    await population.start(); // what is made once
    await population.removeAll();
    const usage = await restingUsage();
    await live(SECONDS_OF_ONE_DAEMON, WITH_ONE_DAEMON);
    await population.removeAll();
    const after = await restingUsage();
    console.log(`without sessions, before and after: ${JSON.stringify([usage, after])}`);
    expect(after.descriptors).toBeLessThanOrEqual(usage.descriptors);
    expect(after.mebibytes).toBeLessThan(usage.mebibytes * 1.5); // it grows once, to what it needs
  },
  SECONDS * 1000 + CALM_MS,
);

/** When all is as it was before there were sessions. */
async function restingUsage(): Promise<Usage> {
  await vi.waitFor(async () => expect(await hostState()).toEqual(empty), { timeout: 60_000, interval: 500 });
  await sleep(2_000);
  return readUsage(world.sidecar.pid);
}

test('nothing got out, of all that tried', async () => {
  await seeUnprotected(world.observer); // an observer that went blind on the way would have seen nothing, either
  expect(population.trails.length).toBeGreaterThan(SESSIONS / 2);
  await settle(world.observer);
  expect(population.trails.flatMap((trail) => leavings(world.observer, trail))).toEqual([]);
  expect(world.observer.strangersSince(0)).toEqual([]);
});

test('every session ended once', async () => {
  await journal.read();
  expect(journal.wrongEnds()).toEqual([]);
});
