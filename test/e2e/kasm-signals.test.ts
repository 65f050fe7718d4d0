import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { docker, inContainer } from '../support/docker.ts';
import { DRIVER, launchScript, NETWORK, NO_TUNNEL, runContainer, startSession, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const STATUS = '/dockerstartup/.egress_status';

/** Notes what it finds at its first instruction, then the first content that comes; as Kasm's image, as uid 1000. */
const ENTRY = `#!/bin/sh
if [ -e ${STATUS} ]; then echo "at once: $(cat ${STATUS})" >> /tmp/seen; else echo "at once: nothing" >> /tmp/seen; fi
until [ -e ${STATUS} ]; do :; done
echo "then: $(cat ${STATUS})" >> /tmp/seen
exec sleep 3600
`;

/** bb:latest with the folder of Kasm's images. */
async function importKasmImage(): Promise<void> {
  const id = await docker('create', '-u', '1000', 'bb:latest');
  const folder = await mkdtemp(join(tmpdir(), 'kasm-image-'));
  await mkdir(join(folder, 'dockerstartup'), { mode: 0o755 });
  await writeFile(join(folder, 'dockerstartup/entry'), ENTRY, { mode: 0o755 });
  await docker('cp', `${folder}/dockerstartup`, `${id}:/`);
  await docker('commit', '-c', 'CMD ["/dockerstartup/entry"]', id, 'kasm:latest');
  await docker('rm', id);
  await rm(folder, { recursive: true });
}

const runKasm = (name: string, ...options: string[]): Promise<string> =>
  docker('run', '-d', '--name', name, '--network', NETWORK, '-u', '1000', ...options, 'kasm:latest');

const seen = async (name: string): Promise<string[]> => (await docker('exec', name, 'cat', '/tmp/seen')).split('\n');

/** The image has noted `count` runs. */
const waitForRuns = (name: string, count: number, timeoutMs = 10_000): Promise<string[]> =>
  waitFor(
    `${count} runs of ${name}`,
    async () => {
      const lines = await seen(name);
      if (lines.length < 2 * count) throw new Error(lines.join(' / '));
      return lines;
    },
    { timeoutMs },
  );

/** The first instruction waits for the tunnel, and may or may not come before the file. */
const FRESH_READY = [expect.stringMatching(/^at once: (nothing|ready)$/), 'then: ready'];
/** What a run with a silent gateway sees: whatever else is there is left from an earlier one. */
const FRESH_ERROR = [expect.stringMatching(/^at once: (nothing|error)$/), 'then: error'];

beforeAll(async () => {
  await importKasmImage();
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});

const wanted = async (name: string, rest: object = {}): Promise<void> => {
  await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient(), {}, rest));
};

describe('/dockerstartup/.egress_status', () => {
  test('reads ready once the tunnel stands, for uid 1000', async () => {
    const name = unique('ready');
    await wanted(name);
    await runKasm(name);
    expect(await waitForRuns(name, 1)).toEqual(FRESH_READY);
    expect((await inContainer(name, 2, 'cat', STATUS)).stdout.trim()).toBe('ready');
    expect(await docker('exec', name, 'stat', '-c', '%a %u:%g %F', STATUS)).toBe('644 0:0 regular file');
    expect((await docker('exec', name, 'ls', '-A', '/dockerstartup')).split('\n').sort()).toEqual([
      '.egress_status',
      'entry',
    ]);
    await waitForState(name, 'connected', 1_000);
  });

  test('reads ready for a session that is wanted without a tunnel', async () => {
    const name = unique('plain');
    await putLaunchScript(name, NO_TUNNEL);
    await runKasm(name);
    expect(await waitForRuns(name, 1)).toEqual(FRESH_READY);
  });

  test('that a killed sidecar had no time to write comes from the next one', async () => {
    const name = unique('untold');
    await wanted(name);
    await runKasm(name);
    await waitForRuns(name, 1);
    await world.sidecar.kill();
    await docker('exec', '-u', '0', name, 'rm', STATUS); // as if it had been killed a moment earlier
    await world.sidecar.start();
    await waitFor('the file', async () => (await inContainer(name, 2, 'cat', STATUS)).stdout.trim() === 'ready');
  });

  test('reads error after the deadline when the gateway is silent', async () => {
    const name = unique('error');
    await world.lab.gateway(1).cut();
    await wanted(name, { deadline_seconds: 2 });
    await runKasm(name);
    expect(await waitForRuns(name, 1)).toEqual(FRESH_ERROR);
    expect(await docker('exec', name, 'stat', '-c', '%a', STATUS)).toBe('644');
  });

  test('reads error when no launch script comes', async () => {
    const [network, name] = [unique('net'), unique('forgotten')];
    await docker('network', 'create', '-d', DRIVER, '-o', 'deadline=2', network);
    await docker('run', '-d', '--name', name, '--network', network, '-u', '1000', 'kasm:latest');
    expect(await waitForRuns(name, 1)).toEqual(FRESH_ERROR);
  });

  test('turns to ready when a session that has failed gets its tunnel after all', async () => {
    const name = unique('recovers');
    await world.lab.gateway(1).cut();
    await wanted(name, { deadline_seconds: 2 });
    await runKasm(name);
    await waitForRuns(name, 1);
    await world.lab.gateway(1).restore();
    await wanted(name);
    await waitForState(name, 'connected');
    await waitFor('ready', async () => (await docker('exec', name, 'cat', STATUS)) === 'ready');
  });

  test.each([
    ['docker stop and start', [['stop', '-t', '0'], ['start']]],
    ['docker restart', [['restart', '-t', '0']]],
    ['docker kill and start', [['kill'], ['start']]],
  ])('is gone before the next first process: %s', async (_, verbs) => {
    const name = unique('rerun');
    await wanted(name, { deadline_seconds: 2 });
    await runKasm(name);
    await waitForRuns(name, 1);
    await world.lab.gateway(1).cut();
    for (const verb of verbs) await docker(...verb, name);
    expect(await waitForRuns(name, 2)).toEqual([...FRESH_READY, ...FRESH_ERROR]);
  });

  test('an old error is gone before the next first process, too', async () => {
    const name = unique('old-error');
    await world.lab.gateway(1).cut();
    await wanted(name, { deadline_seconds: 2 });
    await runKasm(name);
    await waitForRuns(name, 1);
    await world.lab.gateway(1).restore();
    await docker('restart', '-t', '0', name);
    expect(await waitForRuns(name, 2)).toEqual([...FRESH_ERROR, ...FRESH_READY]);
  });

  test('one that a host crash left in the stopped container is gone before the first process', async () => {
    const name = unique('crash');
    await world.lab.gateway(1).cut();
    await wanted(name, { deadline_seconds: 2 });
    await docker('create', '--name', name, '--network', NETWORK, '-u', '1000', 'kasm:latest');
    const folder = await mkdtemp(join(tmpdir(), 'stale-'));
    await writeFile(join(folder, '.egress_status'), 'ready\n', { mode: 0o644 });
    await docker('cp', join(folder, '.egress_status'), `${name}:${STATUS}`);
    await rm(folder, { recursive: true });
    await docker('start', name);
    expect(await waitForRuns(name, 1)).toEqual(FRESH_ERROR);
  });

  test('is not written where the image has no such folder', async () => {
    const name = unique('other-image');
    await startSession(world.lab, name);
    expect((await inContainer(name, 2, 'ls', '/dockerstartup')).exitCode).not.toBe(0);
  });

  test('an image that makes the folder a link gets nothing written elsewhere', async () => {
    const name = unique('link');
    const target = await mkdtemp(join(tmpdir(), 'victim-'));
    const id = await docker('create', 'bb:latest');
    const folder = await mkdtemp(join(tmpdir(), 'link-image-'));
    await sh('ln', '-s', target, join(folder, 'dockerstartup'));
    await docker('cp', `${folder}/dockerstartup`, `${id}:/`);
    await docker('commit', id, 'linked:latest');
    await docker('rm', id);
    await wanted(name);
    await runContainerOf('linked:latest', name);
    await waitForState(name, 'connected');
    expect(await sh('ls', '-A', target)).toBe('');
    await rm(folder, { recursive: true });
  });
});

const runContainerOf = (image: string, name: string): Promise<string> =>
  docker('run', '-d', '--name', name, '--network', NETWORK, image);

test('a Kasm image sees a real veth k-p-* from its first instruction on', async () => {
  const name = unique('veth');
  await wanted(name);
  await runContainer(name, { command: ['sh', '-c', 'ls /sys/class/net > /tmp/first; sleep 3600'] });
  await waitForState(name, 'connected');
  expect(await docker('exec', name, 'cat', '/tmp/first')).toMatch(/^k-p-[0-9a-f]{6}$/m);
});
