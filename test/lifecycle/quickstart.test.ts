import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { docker } from '../support/docker.ts';
import { createPlugin } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { attempt, type Outcome } from '../support/shell.ts';

/** As scripts/quickstart calls what it builds; what scripts/test has built is given to it here. */
const DEMO_PLUGIN = 'kasm-sidecar-demo:latest';
const SCRIPT = fileURLToPath(new URL('../../scripts/quickstart', import.meta.url));
const quickstart = (...args: string[]): Promise<Outcome> => attempt([SCRIPT, ...args], 100_000);

usePluginWorld({ install: false });
beforeAll(() => createPlugin(DEMO_PLUGIN));
afterAll(() => quickstart('--down'));

test('scripts/quickstart enables the managed plugin, shows the demo with it, and --down removes it', async () => {
  const { exitCode, stdout, stderr } = await quickstart();
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`docker plugin enable ${DEMO_PLUGIN}`)]);
  expect(stdout).toMatch(/^kasm-demo-1 +DEMO-1 .* WireGuard +connected +203\.0\.113\.11 /m);
  expect(stdout).toMatch(/^kasm-demo-2 +DEMO-2 .* OpenVPN +connected +203\.0\.113\.12 /m);
  expect(await docker('network', 'inspect', '-f', '{{.Driver}}', 'kasm_sidecar_network')).toBe(DEMO_PLUGIN);
  expect(await quickstart()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('runs already') });
  expect(await quickstart('--down')).toMatchObject({ exitCode: 0 });
  expect(await docker('plugin', 'ls', '-q')).toBe('');
});
