import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Group } from './case.ts';
import { catalogueFor } from './catalogue.ts';
import { Crew } from './crew.ts';
import { deviceTypes, withoutDevice } from './device-types.ts';
import { KINDS, type Kind } from './kinds.ts';
import { isPossible, POSTURES, type Posture, ROOT_TRICKS, wireNamedAsTunnel } from './posture.ts';
import { Range, type Round } from './round.ts';
import { STATES } from './states.ts';
import type { Judgement } from './verdict.ts';
import { describeShot } from './volley.ts';
import { useLeakWorld } from './world.ts';

/** Controls are fired again and again on a busy machine. */
const ROUND_MS = 280_000;

const supported = await deviceTypes();
const CATALOGUE = catalogueFor(supported);

const world = useLeakWorld();
const crew = new Crew(world);
const range = new Range(world);

const nameOf = (kind: Kind, posture: Posture): string => `${kind.name}-${posture.word}`;

/** One test a cell: what got out, and what was never shown to be seen. */
function expectHeld(name: string, groups: readonly Group[], judgements: () => readonly Judgement[]): void {
  test(`${name}: ${groups.flatMap(({ cases }) => cases).length} cases`, () => {
    const all = judgements();
    expect(all.length).toBeGreaterThan(0);
    expect(all.flatMap(({ verdict }) => (verdict.is === 'leak' ? verdict.packets : []))).toEqual([]);
    const unproven = all.filter(({ verdict }) => verdict.is === 'unproven');
    expect(
      unproven.map(({ shot }) => describeShot(shot)),
      'controls that were not seen',
    ).toEqual([]);
  });
}

const expectNoStrangers = (round: () => Round): void =>
  test('the host’s wire carried nothing but tunnels', () => {
    expect(round().strangers).toEqual([]);
  });

describe.each(STATES.map((state) => [state.name, state] as const))('%s', (name, state) => {
  const { prepare, undo, who = () => true, groups: select = (all) => [...all] } = state;
  const groups = select(CATALOGUE);
  const cells = KINDS.flatMap((kind) => POSTURES.map((posture) => ({ kind, posture }))).filter(who);
  let round: Round | undefined;
  const fired = (): Round => {
    if (!round) throw new Error(`nothing was fired: ${name}`);
    return round;
  };

  beforeAll(async () => {
    await prepare(crew, world);
    const members = (await crew.members()).filter(who);
    round = await range.fire(
      members.map(({ attacker }) => attacker),
      groups,
    );
  }, ROUND_MS);
  afterAll(async () => void (await undo?.(world)));

  for (const { kind, posture } of cells) {
    expectHeld(`${kind.name}, ${posture.name}`, groups, () => fired().judge(`matrix-${nameOf(kind, posture)}`));
  }
  expectNoStrangers(fired);
});

describe('what only a root inside can do', () => {
  const tricks = [...ROOT_TRICKS.filter(isPossible), wireNamedAsTunnel];
  const [kind] = KINDS as [Kind];
  let round: Round | undefined;
  const fired = (): Round => {
    if (!round) throw new Error('nothing was fired');
    return round;
  };

  beforeAll(async () => {
    await world.sidecar.start();
    const members = await Promise.all(tricks.map((posture) => crew.start(kind, posture, 'trick')));
    const connected = members.filter(({ posture }) => posture !== wireNamedAsTunnel);
    await crew.launch(connected, 'gateway', 'connected');
    round = await range.fire(
      members.map(({ attacker }) => attacker),
      CATALOGUE,
    );
  }, ROUND_MS);

  for (const posture of tricks) {
    expectHeld(posture.name, CATALOGUE, () => fired().judge(`trick-${nameOf(kind, posture)}`));
  }
  expectNoStrangers(fired);
});

describe('not possible on this machine', () => {
  test.skip.each(withoutDevice(supported))('a device of type %s: this kernel can’t make one', () => undefined);
  test.skip.each(ROOT_TRICKS.filter((posture) => !isPossible(posture)))(
    '$name: who runs this lacks a capability',
    () => undefined,
  );
});

test('nothing came later', async () => {
  expect(await range.lateLeaks()).toEqual([]);
  console.log(range.summary);
});
