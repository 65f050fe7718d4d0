import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { describeMachine } from '../../support/machine-description.ts';
import { catalogueFor } from '../catalogue.ts';
import { deviceTypes, withoutDevice } from '../device-types.ts';
import { Range } from '../round.ts';
import { useLeakWorld } from '../world.ts';
import { fleetsIn } from './fleets.ts';
import type { Cell, Results } from './results.ts';
import { STATES, type StateName } from './state.ts';
import { tally } from './tally.ts';
import type { Fleet, Reached } from './way.ts';

/** By scripts/leak-scoreboard: which ways and states, comma-separated, and where the results go. */
const wanted = (variable: string): readonly string[] => (process.env[variable] ?? '').split(',').filter(Boolean);
const WAYS = wanted('KASM_SIDECAR_SCOREBOARD_WAYS');
const STATE_NAMES = wanted('KASM_SIDECAR_SCOREBOARD_STATES');
const FILE = process.env.KASM_SIDECAR_SCOREBOARD_RESULTS;
const isWanted = (list: readonly string[], name: string): boolean => list.length === 0 || list.includes(name);

/** Controls are fired again and again on a busy machine, and containers are started and connected. */
const ROUND_MS = 280_000;

const began = Date.now();
const supported = await deviceTypes();
const CATALOGUE = catalogueFor(supported);
const world = useLeakWorld();
const range = new Range(world);
const fleets = fleetsIn(world);
const allWays = fleets.flatMap(({ ways }) => ways);

const cells: Cell[] = [];
const absent: Results['absent'][number][] = [];
const skipped: Results['skipped'][number][] = [];
const errors: string[] = [];
const strangers: string[] = [];

const isOurs = (way: string): boolean => allWays.some(({ name, ours }) => name === way && ours);

for (const [list, known] of [
  [WAYS, allWays.map(({ name }) => name)],
  [STATE_NAMES, STATES.map(({ name }) => name as string)],
] as const) {
  const unknown = list.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are: ${known.join(', ')}`);
}

/** Fires once from everyone of `reached`, and counts. */
async function fireRound(fleet: Fleet, state: StateName, { attackers }: Reached): Promise<void> {
  const groups = fleet.cases(CATALOGUE);
  const round = await range.fire(
    attackers.map(({ attacker }) => attacker),
    groups,
  );
  for (const { way, attacker } of attackers) {
    const { posture, container } = attacker;
    const admin = !posture.lacks.includes('NET_ADMIN');
    cells.push({ way, state, posture: posture.name, admin, ...tally(round.judge(container)) });
  }
  if (attackers.some(({ way }) => isOurs(way)))
    strangers.push(...round.strangers.map((packet) => `${state}: nobody’s packet: ${packet}`));
}

function report(state: StateName, ways: readonly string[]): void {
  for (const way of ways) {
    const mine = cells.filter((cell) => cell.way === way && cell.state === state);
    const leaked = mine.map(({ posture, leaked, shown }) => `${posture}: ${leaked.length} of ${shown.length}`);
    console.log(`==> ${way}, ${state}: cases leaked: ${leaked.join('; ')}`);
  }
}

describe.each(fleets.map((fleet) => [fleet.ways.map(({ name }) => name).join(', '), fleet] as const))(
  '%s',
  (_, fleet) => {
    const names = fleet.ways.map(({ name }) => name).filter((name) => isWanted(WAYS, name));

    for (const { name: state } of STATES.filter(({ name }) => isWanted(STATE_NAMES, name))) {
      const present = names.filter((way) => {
        const why = fleet.absent(way, state);
        if (why !== undefined) absent.push({ way, state, why });
        return why === undefined;
      });
      test.runIf(present.length > 0)(
        state,
        async () => {
          try {
            const reached = await fleet.reach(state, present);
            await fireRound(fleet, state, reached).finally(reached.undo);
          } catch (cause) {
            errors.push(`${present.join(', ')}, ${state}: ${cause instanceof Error ? cause.message : String(cause)}`);
            throw cause;
          }
          report(state, present);
          const bad = cells.filter((cell) => cell.state === state && present.includes(cell.way));
          expect(bad.filter(({ way }) => isOurs(way)).flatMap(({ leaked }) => leaked)).toEqual([]);
          expect(
            bad.flatMap(({ unproven }) => unproven),
            'controls that were not seen',
          ).toEqual([]);
        },
        ROUND_MS,
      );
    }
  },
);

test('of ours, nothing came later, and nothing was nobody’s', async () => {
  const counted = cells
    .filter(({ way }) => isOurs(way))
    .flatMap(({ leaked }) => leaked.map((one) => `: ${one.case} (`));
  const late = (await range.lateLeaks()).filter((leak) => leak.startsWith('matrix-'));
  strangers.push(...late.filter((leak) => !counted.some((name) => leak.includes(name))));
  expect(strangers).toEqual([]);
});

afterAll(async () => {
  if (FILE === undefined) return;
  for (const way of allWays.filter(({ name }) => isWanted(WAYS, name))) {
    if ('missing' in way && typeof way.missing === 'string') skipped.push({ way: way.name, why: way.missing });
  }
  const results: Results = {
    date: new Date(began).toISOString(),
    machine: await describeMachine(),
    minutes: (Date.now() - began) / 60_000,
    filter: process.env.KASM_SIDECAR_LEAK_CASE ?? '',
    complete: WAYS.length === 0 && STATE_NAMES.length === 0,
    groups: CATALOGUE.map(({ name, cases }) => ({ name, cases: cases.length })),
    unavailable: withoutDevice(supported),
    ways: allWays
      .filter(({ name }) => isWanted(WAYS, name))
      .map(({ name, title, ours, how, sources }) => ({ name, title, ours, how, sources })),
    skipped,
    absent,
    cells,
    errors,
    strangers,
  };
  writeFileSync(FILE, `${JSON.stringify(results)}\n`);
});
