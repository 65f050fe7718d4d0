import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tunnelName } from '../../../src/shared/names.ts';
import type { FoundLaunchScript } from '../../../src/sidecar/sessions/launch-scripts.ts';
import { PreparedTunnels } from '../../../src/sidecar/sessions/prepared-tunnels.ts';
import type { HostPlace, TunnelRecord } from '../../../src/sidecar/tunnels/tunnel.ts';

const ID = 'f'.repeat(64);
const CONTAINER = { id: ID, name: 'desktop', labels: {} };
const RECORD: TunnelRecord = { kind: 'wireguard', implementation: 'userspace', pinned: ['203.0.113.11:51820'] };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

const scriptOf = (type: 'wireguard' | 'none', fingerprint = 'one'): FoundLaunchScript => ({
  key: 'desktop',
  fingerprint,
  script: { version: 1, egress: { type } },
});

let runDir: string;
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'prepared-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(runDir, { recursive: true });
});

/** A kind of tunnel that only notes what is asked of it, and leaves a file: who gets what is the question here. */
function preparing(wanted?: FoundLaunchScript) {
  const done: string[] = [];
  const kind = {
    parse: () => ({}),
    prepare: async ({ folder, hostDevice }: HostPlace) => {
      done.push(`prepare ${hostDevice}`);
      await mkdir(join(folder, 'wg'), { recursive: true });
      await writeFile(join(folder, 'wg', 'wg.conf'), '');
      return RECORD;
    },
    remove: async ({ hostDevice }: HostPlace) => done.push(`remove ${hostDevice}`),
  };
  const scripts = { wanted };
  const prepared = new PreparedTunnels({
    runDir,
    launchScripts: { find: async () => scripts.wanted },
    tunnels: { wireguard: kind, openvpn: kind } as never,
    log: SILENT,
  });
  return { prepared, scripts, done };
}

const DEVICE = tunnelName(ID);
const isPrepared = (done: readonly string[]) => vi.waitFor(() => expect(done).toContain(`prepare ${DEVICE}`));
const left = (): Promise<string[]> => readdir(join(runDir, 'prepared')).catch(() => []);
const session = () => join(runDir, '0123456789ab');

test('what was prepared at a container’s creation goes to it, with its files', async () => {
  const script = scriptOf('wireguard');
  const { prepared, done } = preparing(script);
  prepared.created(CONTAINER);
  await isPrepared(done);
  expect(await prepared.take(ID, script, session())).toEqual({ ...RECORD, hostDevice: DEVICE });
  expect(done).toEqual([`prepare ${DEVICE}`]);
  expect(await readdir(join(session(), 'wg'))).toEqual(['wg.conf']);
  expect(await left()).toEqual([]);
  expect(await prepared.take(ID, script, session())).toBeUndefined();
});

test('a launch script that comes after the creation is prepared then', async () => {
  const { prepared, scripts, done } = preparing();
  prepared.created(CONTAINER);
  scripts.wanted = scriptOf('wireguard');
  prepared.scriptsChanged();
  await isPrepared(done);
  expect(await prepared.take(ID, scriptOf('wireguard'), session())).toBeDefined();
  expect(done).toEqual([`prepare ${DEVICE}`]);
});

test('one that changes meanwhile is prepared once more', async () => {
  const { prepared, scripts, done } = preparing(scriptOf('wireguard'));
  prepared.created(CONTAINER);
  prepared.scriptsChanged();
  await isPrepared(done);
  scripts.wanted = scriptOf('wireguard', 'two');
  prepared.scriptsChanged();
  await vi.waitFor(() => expect(done).toHaveLength(3));
  expect(await prepared.take(ID, scriptOf('wireguard', 'two'), session())).toBeDefined();
  expect(done).toEqual([`prepare ${DEVICE}`, `remove ${DEVICE}`, `prepare ${DEVICE}`]);
});

test('who turns out to want something else does not get it, and it is taken away', async () => {
  const { prepared, done } = preparing(scriptOf('wireguard'));
  prepared.created(CONTAINER);
  await isPrepared(done);
  expect(await prepared.take(ID, scriptOf('wireguard', 'two'), session())).toBeUndefined();
  expect(done).toEqual([`prepare ${DEVICE}`, `remove ${DEVICE}`]);
  expect(await left()).toEqual([]);
});

test.each([
  ['without a launch script', undefined],
  ['that wants no tunnel', scriptOf('none')],
])('nothing is prepared for a container %s', async (_, script) => {
  const { prepared, done } = preparing(script);
  prepared.created(CONTAINER);
  expect(await prepared.take(ID, scriptOf('wireguard'), session())).toBeUndefined();
  expect(done).toEqual([]);
});

test('what nobody comes for is taken away', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { prepared, done } = preparing(scriptOf('wireguard'));
  prepared.created(CONTAINER);
  await isPrepared(done);
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  await vi.waitFor(() => expect(done).toEqual([`prepare ${DEVICE}`, `remove ${DEVICE}`]));
  await vi.waitFor(async () => expect(await left()).toEqual([]));
});

test('only so many are prepared at once', async () => {
  const { prepared, done } = preparing(scriptOf('wireguard'));
  for (let index = 0; index < 20; index++) prepared.created({ ...CONTAINER, id: `${index}`.padStart(64, '0') });
  await vi.waitFor(() => expect(done).toHaveLength(8));
  await prepared.close();
  expect(done).toHaveLength(16);
  expect(await left()).toEqual([]);
});
