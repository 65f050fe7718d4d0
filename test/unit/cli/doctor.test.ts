import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canRunAs, runCli } from './run-cli.ts';

const NOBODY = 65_534;
/** It asks a dozen programs, on machines that are busy with other tests. */
const PATIENCE_MS = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A host on which neither an engine nor a sidecar runs. */
const nothing = () => ({
  KASM_SIDECAR_DOCKER_SOCKET: join(folder, 'docker.sock'),
  KASM_SIDECAR_PLUGIN_SOCKET: join(folder, 'kasm-sidecar.sock'),
  KASM_SIDECAR_SOCKET: join(folder, 'control.sock'),
  KASM_SIDECAR_LOG_DIR: folder,
});

/** Exit code, and the ids of what has failed. */
async function examine(options: { uid?: number } = {}) {
  const { code, stdout, stderr } = await runCli(['doctor', '--json'], { env: nothing(), ...options });
  expect(stderr).toBe('');
  const { verdict, checks } = JSON.parse(stdout) as { verdict: string; checks: { id: string; status: string }[] };
  return { code, verdict, failed: checks.filter(({ status }) => status === 'failure').map(({ id }) => id) };
}

test('where nothing runs, it says what, and fails with 1', { timeout: PATIENCE_MS }, async () => {
  const { code, verdict, failed } = await examine();
  expect([code, verdict]).toEqual([1, 'failure']);
  expect(failed).toEqual(expect.arrayContaining(['engine', 'driver-socket', 'control-endpoint']));
});

test.skipIf(!canRunAs(NOBODY))('of one who is not root it asks to be root', { timeout: PATIENCE_MS }, async () => {
  const { code, failed } = await examine({ uid: NOBODY });
  expect([code, failed[0]]).toEqual([1, 'privileges']);
});

test('a bundle that can’t be written is wrong usage, with its reason', { timeout: PATIENCE_MS }, async () => {
  const file = join(folder, 'mine');
  await writeFile(file, 'mine');
  const { code, stdout, stderr } = await runCli(['doctor', '--bundle', file], { env: nothing() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/can't be written: EEXIST/);
});
