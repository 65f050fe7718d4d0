/** As after the host's reboot: the engine starts many containers at once, and before them the plugin they need. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putLaunchScript, session, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { killEngine, startEngine, stopEngine } from '../support/engine.ts';
import { PLUGIN, pluginAnswers } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { exitAddress, launchScript, NETWORK, runContainer, unique } from '../support/session.ts';

const world = usePluginWorld();
const COUNT = 30;
const HOST = '203.0.113.1';
/** Its first instruction already tries to get out; afterwards seldom, or 30 of them are the load that is measured. */
const ASKS = ['sh', '-c', 'while :; do timeout 2 wget -qO- http://203.0.113.80/; sleep 5; done'];
/** Not `unless-stopped`: Docker 20.10 ends what it finds running, and takes that for somebody's wish, on its own networks as well. */
const RESTARTS = ['always', 'on-failure'];
const names = Array.from({ length: COUNT }, () => unique('boot'));
const gatewayOf = (index: number): number => 1 + (index % 2);

beforeAll(async () => {
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
  for (const [index, name] of names.entries()) {
    const client = await world.lab.gateway(gatewayOf(index)).addClient();
    await putLaunchScript(name, launchScript(client, {}, { deadline_seconds: 120 }));
    const policy = RESTARTS[index % RESTARTS.length] ?? 'always';
    await runContainer(name, { run: ['--restart', policy], command: ASKS });
  }
  for (const name of names) await waitForState(name, 'connected', 60_000);
});
afterAll(() => docker('rm', '-f', ...names));

const namespaces = async (): Promise<unknown[]> =>
  Promise.all(names.map(async (name) => (await session(name)).body.namespace));

test('the control: a container of another network leaves by the host', async () => {
  const name = unique('plain');
  await runContainer(name, { network: 'bridge' });
  expect(await exitAddress(name)).toBe(HOST);
  await docker('rm', '-f', name);
});

test.each([
  ['killed', killEngine],
  ['stopped', stopEngine],
])(
  `dockerd is %s and starts: ${COUNT} sessions are back, each by its own gateway, and none ever by the host`,
  async (_, end) => {
    const before = await namespaces();
    await end();
    const visits = world.lab.site.visits().length;
    const began = performance.now();
    await startEngine();
    const answers = performance.now() - began;
    await pluginAnswers();
    for (const name of names) await waitForState(name, 'connected', 90_000);
    const connected = performance.now() - began;
    console.log(
      `the engine answers after ${(answers / 1000).toFixed(1)} s, all are connected after ${(connected / 1000).toFixed(1)} s`,
    );

    const exits = await Promise.all(names.map((name) => exitAddress(name, { seconds: 15 })));
    expect(exits).toEqual(names.map((_name, index) => `203.0.113.${10 + gatewayOf(index)}`));
    const after = await namespaces();
    expect(after.filter((namespace) => before.includes(namespace))).toEqual([]); // or nothing has started again
    expect(
      world.lab.site
        .visits()
        .slice(visits)
        .filter(({ from }) => from === HOST),
    ).toEqual([]);
    const restarts = await docker('inspect', '-f', '{{.State.Running}} {{.RestartCount}} {{.State.Error}}', ...names);
    expect(new Set(restarts.split('\n').map((line) => line.trim()))).toEqual(new Set(['true 0']));
  },
  240_000,
);
