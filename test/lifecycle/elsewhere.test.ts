/** Docker's folder on another disk: outside of everything that the plugin was given. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { addressOn, docker } from '../support/docker.ts';
import { importImage, startEngine, stopEngine } from '../support/engine.ts';
import { installPlugin, PLUGIN, pluginAnswers, reference } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { launchScript, NETWORK, runContainer, unique } from '../support/session.ts';
import { waitFor } from '../support/wait.ts';

const world = usePluginWorld({ install: false });
const PROXY = 'kasm_proxy';

beforeAll(async () => {
  await stopEngine();
  await startEngine('--data-root', join(tmpdir(), 'elsewhere'));
  await importImage();
  await installPlugin(reference('first'));
  await pluginAnswers();
  await docker('network', 'create', 'kasm_default_network');
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
});
afterAll(async () => {
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  await docker('rm', '-f', ...containers);
  await docker('network', 'rm', NETWORK);
  await docker('plugin', 'rm', '-f', PLUGIN);
  await stopEngine();
  await startEngine();
});

const SCRIPT = `mkdir -p /dockerstartup
cat /dockerstartup/.egress_status >>/tmp/seen 2>/dev/null || echo nothing >>/tmp/seen
exec sleep 3600`;

test('a session is known by its name, gets the proxy’s address, and never sees the status of its last run', async () => {
  const name = unique('elsewhere');
  await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
  await runContainer(name, { run: ['-e', 'KASM_API_HOST=proxy'], command: ['sh', '-c', SCRIPT] });
  await waitForState(name, 'connected');
  const hosts = await docker('exec', name, 'cat', '/etc/hosts');
  expect(hosts).toMatch(new RegExp(`^${(await addressOn(NETWORK, PROXY)).replaceAll('.', '\\.')}\\s+proxy$`, 'm'));
  // As if an earlier run had left it: the folder is there from the next start on.
  await docker('exec', name, 'sh', '-c', 'echo stale >/dockerstartup/.egress_status');
  await docker('restart', '-t', '0', name);
  const seen = await waitFor('its second start', async () => {
    const lines = (await docker('exec', name, 'cat', '/tmp/seen')).split('\n');
    return lines.length === 2 && lines;
  });
  expect(seen).toEqual(['nothing', expect.stringMatching(/^(nothing|ready)$/)]);
});
