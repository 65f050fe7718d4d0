import { appendFile, copyFile, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { control, waitForState } from '../support/control.ts';
import { docker, namespaceOf, tryDocker } from '../support/docker.ts';
import { hostState } from '../support/host-state.ts';
import { DRIVER, exitAddress, NETWORK, startSession, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { RUN_FOLDER } from '../support/sidecar.ts';
import { onSmallDisk } from '../support/small-disk.ts';
import { useWorld } from '../support/world.ts';

const FOLDER = '/var/log/kasm-sidecar';
const NETWORK_LOG = `${FOLDER}/network_sidecar.log`;
const OTHER_SPELLING = `${FOLDER}/network-sidecar.log`;
const PLUGIN_LOG = `${FOLDER}/plugin.log`;
const SHIPPED = join(import.meta.dirname, '../../packaging/logrotate/kasm-sidecar');

const world = useWorld();
beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});
afterEach(async () => {
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', ...containers);
});

const read = (path: string): Promise<string> => readFile(path, 'utf8');
const grep = async (path: string, word: string): Promise<string[]> =>
  (await read(path)).split('\n').filter((line) => line.includes(word));

/** Something that both logs tell of. @returns the namespace that their lines name */
async function somethingHappens(): Promise<string> {
  const name = unique('logged');
  await startSession(world.lab, name);
  return namespaceOf(name);
}

/** A full disk still takes what fits into the pages that files have. */
async function fillLastPage(log: string): Promise<void> {
  const { size } = await stat(log);
  await appendFile(log, `${'x'.repeat(4096 - (size % 4096) - 1)}\n`);
}

/** Debian's logrotate, now, with our file as it is shipped or with `more` in it. */
async function rotate(...more: string[]): Promise<void> {
  const config = join(tmpdir(), 'logrotate.conf');
  await writeFile(config, (await read(SHIPPED)).replace('\n}', `\n${more.join('\n')}\n}`), { mode: 0o644 });
  await sh('logrotate', '--force', '--state', join(tmpdir(), 'logrotate.state'), config);
}

test('one container can be followed by its namespace, from Docker’s call to `connected`', async () => {
  const namespace = await somethingHappens();
  expect(await grep(PLUGIN_LOG, namespace)).toEqual([expect.stringContaining('| NetworkDriver.Join |')]);
  const story = await grep(NETWORK_LOG, namespace);
  const steps = [/Made ksh/, /[Ll]ock/, /connecting → connected/].map((step) =>
    story.findIndex((line) => step.test(line)),
  );
  expect(steps).not.toContain(-1);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
});

describe('rotation, without anybody telling the sidecar', () => {
  test.each([
    ['by rename, as our file for logrotate has it', []],
    ['by rename, with no new file made', ['nocreate']],
    ['by copytruncate', ['copytruncate']],
  ])('%s', async (_, more) => {
    const [before, old] = [await somethingHappens(), join(tmpdir(), 'old')];
    await rotate(...more);
    await copyFile(`${NETWORK_LOG}.1`, old);
    const after = await somethingHappens();
    for (const log of [NETWORK_LOG, OTHER_SPELLING, PLUGIN_LOG]) {
      expect(await grep(log, before)).toEqual([]);
      expect(await grep(log, after)).not.toEqual([]);
      expect(await read(log)).not.toContain('\0');
    }
    for (const log of [`${NETWORK_LOG}.1`, `${PLUGIN_LOG}.1`]) expect(await grep(log, before)).not.toEqual([]);
    expect(await read(`${NETWORK_LOG}.1`)).toBe(await read(old));
    expect(await readlink(OTHER_SPELLING)).toBe('network_sidecar.log');
    const modes = await sh('stat', '-c', '%a %U', NETWORK_LOG, PLUGIN_LOG);
    expect(modes.trim().split('\n')).toEqual(['640 root', '640 root']);
  });
});

describe('a full disk', () => {
  test('of the logs: sessions start and go on, and logging comes back with the room', async () => {
    const { pid } = world.sidecar;
    await onSmallDisk(FOLDER, async (disk) => {
      const first = unique('early');
      await startSession(world.lab, first);
      await disk.fill();
      for (const log of [NETWORK_LOG, PLUGIN_LOG]) await fillLastPage(log);
      const unlogged = await somethingHappens();
      expect(await exitAddress(first)).toBe('203.0.113.11');
      expect(await grep(NETWORK_LOG, `connected [${unlogged}]`)).toEqual([]); // or it was not full
      await disk.free();
      const logged = await somethingHappens();
      for (const log of [NETWORK_LOG, PLUGIN_LOG]) {
        expect(await grep(log, logged)).not.toEqual([]);
        expect(await grep(log, 'before this one could not be written')).toHaveLength(1);
        for (const line of (await read(log)).trimEnd().split('\n').slice(-3)) expect(line).toMatch(/^\d{4}-\d\d-\d\d /);
      }
    });
    expect(world.sidecar.pid).toBe(pid);
    expect(await grep(NETWORK_LOG, await somethingHappens())).not.toEqual([]);
  });

  test('of the logs, at the sidecar’s start: it starts', async () => {
    await world.sidecar.stop();
    await onSmallDisk(FOLDER, async (disk) => {
      await disk.fill();
      await world.sidecar.start();
      await somethingHappens();
    });
  });

  test('of the sessions’ folder: a start is refused with its reason, nothing is left of it, and what runs goes on', async () => {
    await world.sidecar.stop();
    await onSmallDisk(RUN_FOLDER, async (disk) => {
      await world.sidecar.start();
      const [running, refused] = [unique('running'), unique('refused')];
      await startSession(world.lab, running);
      await disk.fill();
      const before = await hostState();
      const { exitCode, stderr } = await tryDocker('run', '-d', '--name', refused, '--network', NETWORK, 'bb:latest');
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain(`${RUN_FOLDER}/endpoints can't be written to: no space left on device`);
      expect(await hostState()).toEqual(before);
      expect(await exitAddress(running)).toBe('203.0.113.11');

      await world.sidecar.kill(); // its next start has to do without room, too
      await world.sidecar.start();
      await waitForState(running, 'connected');
      expect(await exitAddress(running)).toBe('203.0.113.11');
      expect((await control('GET', '/v1/health')).status).toBe(200);

      await disk.free();
      await startSession(world.lab, unique('later'));
      await docker('rm', '-f', ...(await docker('ps', '-aq')).split('\n'));
      await world.sidecar.stop();
    });
    await world.sidecar.start();
  });
});
