import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { docker, tryDocker } from '../support/docker.ts';
import { NETWORK } from '../support/session.ts';
import { attempt, type Outcome } from '../support/shell.ts';
import { kasmSidecar } from '../support/sidecar.ts';
import { useWorld } from '../support/world.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/quickstart', import.meta.url));
const quickstart = (...args: string[]): Promise<Outcome> => attempt([SCRIPT, ...args], 90_000);

const world = useWorld();
afterAll(() => quickstart('--down'));

const seenByDocker = async () => [
  await docker('ps', '-aq'),
  await docker('network', 'ls', '-q', '--filter', `name=${NETWORK}`),
  await docker('image', 'ls', '-q', 'kasm-sidecar-demo'),
];

describe('scripts/quickstart, where an engine, a sidecar and demo gateways run already', () => {
  test('uses them, shows the address that each container really has, and cuts one off', async () => {
    const { exitCode, stdout, stderr } = await quickstart();
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('left alone afterwards')]);
    expect(stdout).toMatch(
      /^kasm-demo-1 +DEMO-1 203\.0\.113\.11 +WireGuard +connected +203\.0\.113\.11 +\d+\.\d\d s$/m,
    );
    expect(stdout).toMatch(/^kasm-demo-2 +DEMO-2 203\.0\.113\.12 +OpenVPN +connected +203\.0\.113\.12 +\d+\.\d\d s$/m);
    expect(stdout).toMatch(/is dead:\n +kasm-demo-1 +cut off.*\n +kasm-demo-2 +exit address 203\.0\.113\.12\n/);
    expect(stdout).toMatch(/is back .*:\n +kasm-demo-1 +exit address 203\.0\.113\.11\n/);
  });

  test('--down takes away what it made, and nothing else; again, too', async () => {
    expect((await quickstart('--down')).exitCode).toBe(0);
    expect(await seenByDocker()).toEqual(['', '', '']);
    expect((await kasmSidecar('scripts', 'list', '--json')).stdout).not.toContain('kasm-demo');
    expect(existsSync('/run/kasm-sidecar-quickstart')).toBe(false);
    expect(world.sidecar.running).toBe(true);
    expect(world.lab.gateways).toHaveLength(2);
    expect((await attempt(['ip', 'netns', 'pids', world.lab.gateway(1).namespace])).stdout).not.toBe('');
    expect((await quickstart('--down')).exitCode).toBe(0);
  });
});

test('--config FILE does it with a provider’s own file, and asks only what --probe names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quickstart-'));
  const file = join(folder, 'provider.conf');
  await writeFile(file, (await world.lab.gateway(2).addClient()).text, { mode: 0o600 });
  const asked = world.lab.site.visits().length;
  const { exitCode, stdout, stderr } = await quickstart('--config', file);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('handshake')]);
  expect(stdout).toMatch(/^kasm-demo-own +203\.0\.113\.12:51820 +connected /m);
  expect(world.lab.site.visits()).toHaveLength(asked);
  const probed = await quickstart('--config', file, '--probe', 'http://site.test/');
  expect(probed.stdout).toContain('you came from 203.0.113.12');
  await quickstart('--down');
  await rm(folder, { recursive: true });
});

test('somebody else’s container of the same name is left alone, and the message says what to do', async () => {
  await docker('run', '-d', '--name', 'kasm-demo-1', '--network', 'none', 'bb:latest');
  const { exitCode, stderr } = await quickstart();
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('rename or remove it')]);
  await quickstart('--down');
  expect((await tryDocker('container', 'inspect', 'kasm-demo-1')).exitCode).toBe(0);
});

test.each([[['--nonsense']], [['--config']], [['--config', '/nowhere']], [['--probe', 'http://site.test/']]])(
  'wrong usage (%j) is exit code 2',
  async (args) => {
    const { exitCode, stderr } = await quickstart(...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--help')]);
  },
);
