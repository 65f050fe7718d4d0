import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { poll } from '../../../src/shared/async.ts';
import {
  findProcesses,
  isSameProcess,
  type ProcessIdentity,
  startDaemon,
  stopProcess,
} from '../../../src/sidecar/host/process.ts';

/** In the arguments of everything that a test starts, so that nothing of it is left. */
let marker: string;
let folder: string;
beforeEach(() => {
  marker = randomUUID();
  folder = mkdtempSync(join(tmpdir(), 'kasm-unit-'));
});
afterEach(async () => {
  await Promise.all(findMine().map(stopProcess));
  rmSync(folder, { recursive: true });
});

const findMine = () => findProcesses((argv) => argv.includes(marker));
const logFile = () => join(folder, 'log');
const start = (program: string, env?: Record<string, string>) =>
  startDaemon([process.execPath, '-e', program, marker], { logFile: logFile(), ...(env ? { env } : {}) });
const FOREVER = 'setInterval(() => {}, 1e6)';
const printed = (text: string) =>
  poll(() => (readFileSync(logFile(), 'utf8').includes(text) ? true : undefined), { everyMs: 5, deadlineMs: 5000 });

describe('startDaemon', () => {
  test('starts a process in a session of its own, and hands nothing of our environment on', async () => {
    process.env.KASM_UNIT_SECRET = 'hidden';
    try {
      const { id } = await start(`console.log(JSON.stringify(process.env)); ${FOREVER}`, { FOR_IT: '1' });
      expect(await printed('}')).toBe(true);
      expect(JSON.parse(readFileSync(logFile(), 'utf8'))).toEqual({
        PATH: expect.stringContaining('/usr/sbin'),
        FOR_IT: '1',
      });
      const session = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
      expect(Number(session)).toBe(id);
      expect(statSync(logFile()).mode & 0o777).toBe(0o600);
    } finally {
      delete process.env.KASM_UNIT_SECRET;
    }
  });

  test('what it starts outlives us', async () => {
    const module = join(import.meta.dirname, '../../../src/sidecar/host/process.ts');
    const parent = `import(${JSON.stringify(module)}).then(async ({ startDaemon }) => {
      const started = await startDaemon([process.execPath, '-e', ${JSON.stringify(FOREVER)}, ${JSON.stringify(marker)}], { logFile: ${JSON.stringify(logFile())} });
      console.log(JSON.stringify(started));
    })`;
    const started = JSON.parse(execFileSync(process.execPath, ['-e', parent], { encoding: 'utf8' })) as ProcessIdentity;
    expect(isSameProcess(started)).toBe(true);
    expect(findMine()).toMatchObject([started]);
  });

  test('what has ended leaves nothing in the list of processes', async () => {
    const { id } = await start('setTimeout(() => {}, 50)');
    expect(existsSync(`/proc/${id}`)).toBe(true);
    expect(await poll(() => !existsSync(`/proc/${id}`) || undefined, { everyMs: 5, deadlineMs: 5_000 })).toBe(true);
  });

  test('one that has ended at once is known all the same', async () => {
    for (let round = 0; round < 20; round++) {
      const started = await startDaemon(['/bin/true'], { logFile: logFile() });
      expect(await poll(() => !isSameProcess(started) || undefined, { everyMs: 5, deadlineMs: 5_000 })).toBe(true);
    }
  });

  test('says when a program is not there', async () => {
    await expect(startDaemon(['/no/such/program'], { logFile: logFile() })).rejects.toMatchObject({
      code: 'HOST_COMMAND_FAILED',
      message: expect.stringContaining('/no/such/program'),
    });
  });
});

describe('a process', () => {
  test('is not mistaken for a later one with its id', async () => {
    const started = await start(FOREVER);
    expect(isSameProcess(started)).toBe(true);
    expect(isSameProcess({ ...started, startTime: '1' })).toBe(false);
    await stopProcess({ ...started, startTime: '1' });
    expect(isSameProcess(started)).toBe(true);
  });

  test('is stopped, and stopping it again is fine', async () => {
    const started = await start(FOREVER);
    await stopProcess(started);
    expect(isSameProcess(started)).toBe(false);
    expect(existsSync(`/proc/${started.id}`)).toBe(false);
    await stopProcess(started);
  });

  test('that does not listen is killed', async () => {
    const started = await start(`process.on('SIGTERM', () => {}); console.log('ready'); ${FOREVER}`);
    expect(await printed('ready')).toBe(true);
    await stopProcess(started);
    expect(isSameProcess(started)).toBe(false);
  });

  test('that never was is not there', () => {
    expect(isSameProcess({ id: 2 ** 30, startTime: '1' })).toBe(false);
    expect(findMine()).toEqual([]);
  });
});
