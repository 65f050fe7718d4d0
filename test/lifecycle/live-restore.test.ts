/** With live-restore an engine that ends leaves its containers and its plugin running. Here the plugin dies as well. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { session, waitForState } from '../support/control.ts';
import { docker, inContainer, namespaceOf, pidOf, sandboxKey } from '../support/docker.ts';
import { killEngine, startEngine, stopEngine } from '../support/engine.ts';
import { PLUGIN, pluginAnswers, pluginPid } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { exitAddress, NETWORK, startSession, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { sleep, waitFor } from '../support/wait.ts';

const world = usePluginWorld();
const LIVE_RESTORE = '--live-restore';
const HOST = '203.0.113.1';
const ASKS_ALL_THE_TIME = ['sh', '-c', 'while :; do timeout 1 wget -qO- http://203.0.113.80/; sleep 0.1; done'];

async function restartEngine(...options: string[]): Promise<void> {
  await stopEngine();
  await startEngine(...options);
  await pluginAnswers();
}

beforeAll(async () => {
  await restartEngine(LIVE_RESTORE);
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
});
afterAll(() => restartEngine());
afterEach(async () => {
  const all = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (all.length > 0) await docker('rm', '-f', ...all);
});

async function killPlugin(): Promise<number> {
  const pid = await pluginPid();
  if (pid === undefined) throw new Error('the plugin does not run');
  process.kill(pid, 'SIGKILL');
  await waitFor('another plugin or none', async () => (await pluginPid()) !== pid, { everyMs: 20 });
  return pid;
}

/** What must be the same afterwards: it is the same container, with the same tunnel. */
const identity = async (name: string) => ({
  pid: await pidOf(name),
  namespace: await namespaceOf(name),
  tunnel: (await session(name)).body.tunnel.process_id,
});

test('the control: the engine leaves containers and plugin running', async () => {
  const name = unique('live');
  await startSession(world.lab, name);
  const [before, plugin] = [await identity(name), await pluginPid()];
  await restartEngine(LIVE_RESTORE);
  expect([await identity(name), await pluginPid()]).toEqual([before, plugin]);
});

/** When Docker's resolver was seen in a namespace, milliseconds since the first look. */
async function resolverSeen(key: string, until: Promise<unknown>): Promise<number[]> {
  const began = performance.now();
  const seen: number[] = [];
  let isOver = false;
  void until.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const sockets = await sh('nsenter', `--net=${key}`, 'ss', '-Huan');
    if (sockets.includes('127.0.0.11')) seen.push(performance.now() - began);
    await sleep(50);
  }
  return seen;
}

test('Docker’s resolver, which a new engine opens again, is closed again', async () => {
  const name = unique('live');
  await startSession(world.lab, name);
  const key = await sandboxKey(name);
  const seen = await resolverSeen(
    key,
    restartEngine(LIVE_RESTORE).then(() => sleep(6_000)),
  );
  expect(seen).not.toEqual([]); // or it was not opened
  const openFor = (seen.at(-1) ?? 0) - (seen[0] ?? 0);
  console.log(`Docker's resolver was open for ${Math.round(openFor)} ms`);
  expect(openFor).toBeLessThan(4_000);
});

test.each([
  ['stopped, then the plugin is killed', [stopEngine, killPlugin]],
  ['killed, then the plugin', [killEngine, killPlugin]],
  ['killed while it starts the plugin again', [killPlugin, killEngine]],
])('dockerd is %s: the session goes on by its tunnel, and a new one can start', async (_, deaths) => {
  const name = unique('live');
  await startSession(world.lab, name, { command: ASKS_ALL_THE_TIME });
  const [before, key] = [await identity(name), await sandboxKey(name)];
  const visits = world.lab.site.visits().length;
  for (const die of deaths) await die();
  expect(await sh('nsenter', `--net=${key}`, 'iptables', '-S', 'OUTPUT')).toContain('-P OUTPUT DROP');
  await startEngine(LIVE_RESTORE);
  await pluginAnswers();
  await waitForState(name, 'connected');
  expect(await exitAddress(name)).toBe('203.0.113.11');
  expect(await identity(name)).toEqual(before);
  const since = world.lab.site.visits().slice(visits);
  expect(since).not.toEqual([]); // or nothing was tried
  expect(since.filter(({ from }) => from === HOST)).toEqual([]);

  const secret = `${unique('secret')}.test`; // the engine has opened its resolver there again
  await inContainer(name, 3, 'nslookup', secret, '127.0.0.11');
  expect(world.lab.resolver.queries()).not.toContain(secret);

  const next = unique('live');
  await startSession(world.lab, next, { gateway: 2 });
  expect(await exitAddress(next)).toBe('203.0.113.12');
});
