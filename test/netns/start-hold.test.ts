import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { yetToBegin } from '../../src/sidecar/host/proc.ts';
import { StartHold } from '../../src/sidecar/host/start-hold.ts';
import { sh } from '../support/shell.ts';
import { sleep, waitFor } from '../support/wait.ts';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const hold = new StartHold(SILENT);

let folder: string;
let key: string;
let started: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hold-'));
  key = join(folder, 'namespace');
  closeSync(openSync(key, 'w'));
});
afterEach(async () => {
  if (started?.pid) process.kill(-started.pid, 'SIGKILL');
  started = undefined;
  await sh('umount', key).catch(() => undefined);
  await rm(folder, { recursive: true });
});

/** As runc does it: a process in a network and a mount namespace of its own, which then gets the path that Docker named. */
async function startProcess({ ownMounts = true, command = ['sleep', '1000'] } = {}): Promise<number> {
  started = spawn('unshare', ['--net', ...(ownMounts ? ['--mount'] : []), ...command], { detached: true });
  const { pid = 0 } = started;
  const ownNamespace = async () =>
    (await sh('readlink', `/proc/${pid}/ns/net`)) !== (await sh('readlink', '/proc/self/ns/net'));
  await waitFor('the namespace', ownNamespace);
  return pid;
}

/** Who starts a program by vfork(2) does not stop before that has begun, here not before somebody writes into a pipe. */
const waitsFor = (pipe: string): string[] => {
  const program = `import os, time
os.posix_spawn('/bin/true', ['true'], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, '${pipe}', os.O_RDONLY, 0)])
time.sleep(1000)`;
  return ['python3', '-c', program];
};

const name = (pid: number) => sh('mount', '--bind', `/proc/${pid}/ns/net`, key);
const stateOf = async (pid: number) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0];
const becomes = (pid: number, state: string) =>
  waitFor(`state ${state}`, async () => (await stateOf(pid)) === state, { timeoutMs: 2000 });

test('only runc’s own first process, alone in its namespace, is yet to begin', async () => {
  const asRunc = join(folder, 'runc:[2:INIT]'); // the kernel calls a process by its program's file
  await sh('cp', '/bin/sleep', asRunc);
  const runc = await startProcess({ command: [asRunc, '1000'] });
  await waitFor('its name', () => yetToBegin([runc]).length > 0);
  expect(yetToBegin([runc])).toEqual([runc]);
  expect(yetToBegin([runc, process.pid])).toEqual([]); // an exec into a container that runs
  expect(yetToBegin([process.pid])).toEqual([]);
  expect(yetToBegin([])).toEqual([]);
});

describe('StartHold', () => {
  test('stops what comes into a namespace that it was told of, until it is released', async () => {
    const told: (readonly number[])[] = [];
    hold.hold(key, (processes) => told.push(processes));
    const pid = await startProcess();
    await sleep(50);
    expect(await stateOf(pid)).toBe('S');
    await name(pid);
    await becomes(pid, 'T');
    await waitFor('whom it holds', () => told.length > 0);
    expect(told).toEqual([[pid]]);
    hold.release(key);
    await becomes(pid, 'S');
    await sleep(50);
    expect(await stateOf(pid)).toBe('S');
  });

  test('releases one that was told to stop and has not stopped yet', async () => {
    const pipe = join(folder, 'pipe');
    await sh('mkfifo', pipe);
    hold.hold(key);
    const pid = await startProcess({ command: waitsFor(pipe) });
    await becomes(pid, 'D');
    await name(pid);
    await sleep(50); // it is told to stop
    hold.release(key);
    await sleep(50);
    closeSync(openSync(pipe, 'w'));
    await sleep(100);
    expect(await stateOf(pid)).toBe('S');
  });

  test('stops whom it is told of, where the namespace is there already', async () => {
    const pid = await startProcess();
    await name(pid);
    const told: (readonly number[])[] = [];
    hold.hold(key, (processes) => told.push(processes), [pid]);
    await becomes(pid, 'T');
    await waitFor('whom it holds', () => told.length > 0);
    expect(told).toEqual([[pid]]);
    hold.release(key);
    await becomes(pid, 'S');
  });

  test('knows when everyone who is to be held is', async () => {
    hold.hold(key);
    let isOver = false;
    const all = hold.allHeld(5_000).then(() => (isOver = true));
    const pid = await startProcess();
    await sleep(50);
    expect(isOver).toBe(false);
    await name(pid);
    await all;
    expect(await stateOf(pid)).toBe('T');
    hold.release(key);
    await becomes(pid, 'S');
    await hold.allHeld(0);
  });

  test('kills what it holds when the start is refused', async () => {
    hold.hold(key);
    const pid = await startProcess();
    await name(pid);
    await becomes(pid, 'T');
    const ended = new Promise((resolve) => started?.once('exit', (_, signal) => resolve(signal)));
    hold.refuse(key);
    expect(await ended).toBe('SIGKILL');
    started = undefined;
  });

  test('never stops its own process, which has a file system of its own as a plugin, and enters namespaces', async () => {
    await name(await startProcess({ ownMounts: false }));
    const program = join(import.meta.dirname, 'holder-inside.ts');
    expect(await sh('timeout', '5', 'unshare', '--mount', process.execPath, program, key)).toBe('came back');
  });

  test('refusing leaves alone what runs', async () => {
    const pid = await startProcess();
    await name(pid);
    hold.refuse(key);
    await sleep(50);
    expect(await stateOf(pid)).toBe('S');
  });

  test('releases what an earlier process of ours has held', async () => {
    const pid = await startProcess();
    await name(pid);
    process.kill(pid, 'SIGSTOP');
    await becomes(pid, 'T');
    hold.release(key);
    await becomes(pid, 'S');
  });

  test('leaves the engine’s own helpers alone, which have its mounts', async () => {
    hold.hold(key);
    const pid = await startProcess({ ownMounts: false });
    await name(pid);
    await sleep(50);
    expect(await stateOf(pid)).toBe('S');
    hold.release(key);
  });
});
