import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HOST } from '../../lab/addresses.ts';
import { each, FIRST_PROBE_MS, type KindSession, secondsUntil, show, startBoth } from '../support/both-kinds.ts';
import { session as askFor, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { DRIVER, exitAddress, NETWORK } from '../support/session.ts';
import { networkLog } from '../support/sidecar.ts';
import { sleep } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const EXIT = '203.0.113.11';
const MOVED_EXIT = '203.0.113.21';
const OTHER_HOST = '203.0.113.2';

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});
afterEach(async () => {
  const { lab } = world;
  await lab.uplink.restore();
  await lab.gateway(1).move(EXIT);
  await lab.resolver.point('gw1.test', EXIT);
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', ...containers);
});

const session = async (name: string) => (await askFor(name)).body;

/** Whatever came from the host itself came past the tunnels. */
const leaks = () => world.lab.site.visits().filter(({ from }) => [HOST.v4, HOST.v6, OTHER_HOST].includes(from));

const logOf = async ({ name }: KindSession): Promise<string> =>
  (await networkLog())
    .split('\n')
    .filter((line) => line.includes(` ${name} `))
    .join('\n');

/** Within the 30 s that a tunnel has, each of them carries again, by `exit`. @returns seconds, for each */
async function mended(sessions: readonly KindSession[], exit = EXIT): Promise<number[]> {
  const began = performance.now();
  return each(sessions, async ({ name }) => {
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 40_000, interval: 200 }).toBe(exit);
    await waitForState(name, 'connected');
    return (performance.now() - began) / 1000;
  });
}

describe('the uplink of the host', () => {
  test.each([
    ['is taken down', 'cut', 12_000],
    ['loses its carrier', 'cutCarrier', 12_000],
  ] as const)('%s and comes back', async (_, cut, awayMs) => {
    const sessions = await startBoth(world, 'uplink');
    await sleep(FIRST_PROBE_MS);
    await world.lab.uplink[cut]();
    for (const { name } of sessions) expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    const noticed = await each(sessions, ({ name }) => secondsUntil(name, 'reconnecting'));
    for (const { name } of sessions) expect((await session(name)).reason?.code).toBe('TUNNEL_STALE');
    await sleep(awayMs); // whoever tries has got used to it
    await world.lab.uplink.restore();
    const back = await mended(sessions);
    console.log(`the uplink ${_}: noticed after ${show(noticed)} s, back after ${show(back)} s`);
    expect(Math.max(...noticed)).toBeLessThan(20);
    expect(Math.max(...back)).toBeLessThan(30);
    expect(leaks()).toEqual([]);
    for (const one of sessions) expect(await logOf(one)).toMatch(/reconnecting → connected/);
  });
});

test('the name of the gateway leads to another address: the sessions follow it', async () => {
  const sessions = await startBoth(world, 'moved', { endpoint: 'gw1.test' });
  await sleep(FIRST_PROBE_MS);
  await world.lab.gateway(1).move(MOVED_EXIT);
  await world.lab.resolver.point('gw1.test', MOVED_EXIT);
  const back = await mended(sessions, MOVED_EXIT);
  console.log(`the gateway moved: back after ${show(back)} s`);
  expect(Math.max(...back)).toBeLessThan(30);
  expect(leaks()).toEqual([]);
  for (const one of sessions) expect(await logOf(one)).toMatch(/reconnecting → connected/);
});

test('the host gets another address', async () => {
  const sessions = await startBoth(world, 'renumbered');
  await sleep(FIRST_PROBE_MS);
  await world.lab.uplink.renumber(OTHER_HOST);
  const back = await mended(sessions);
  console.log(`the host renumbered: back after ${show(back)} s`);
  expect(Math.max(...back)).toBeLessThan(30);
  expect(leaks()).toEqual([]);
});
