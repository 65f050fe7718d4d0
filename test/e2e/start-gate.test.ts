import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { putLaunchScript, stateOf, waitForState } from '../support/control.ts';
import { docker, pidOf } from '../support/docker.ts';
import { DRIVER, launchScript, NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

/** A container's first instruction has its egress; or it begins blocked, when Docker can't be kept waiting any longer. */
const world = useWorld();
/** KASM_SIDECAR_GATE_SECONDS, by default. */
const GATE_SECONDS = 10;
/** What a handler may take at most: Docker gives up after 30. */
const HANDLER_SECONDS = 25;
const PLUGIN_LOG = '/var/log/kasm-sidecar/plugin.log';

/** Asks by its first instruction, and once, where it comes from. Not with `wget -T`: Debian 12's static busybox dies of it. */
const FIRST = [
  'sh',
  '-c',
  'timeout 2 wget -qO /tmp/first http://203.0.113.80/ || echo nowhere >/tmp/first; sleep 3600',
];
const firstAnswer = (name: string): Promise<string> =>
  waitFor(`the first instruction of ${name}`, () => docker('exec', name, 'grep', '.', '/tmp/first'));

const isTrueGate = async (): Promise<boolean> =>
  Number.parseInt(await docker('version', '-f', '{{.Server.Version}}'), 10) >= 28;

/** runc's first processes of containers, by the letter of their state: `T` is stopped by a signal. */
const firstProcesses = async (): Promise<string[]> =>
  (await sh('ps', '-eo', 'stat=,args='))
    .split('\n')
    .flatMap((line) => /^(\w)\S*\s+runc init$/.exec(line.trim())?.[1] ?? []);

/** In ticks since the boot (proc(5), field 22; the name, which may have spaces, is the second). */
const startOf = async (pid: number): Promise<number> =>
  Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19]);

/** Seconds that Docker's calls of this kind took. */
const secondsOf = async (call: string): Promise<number[]> =>
  (await readFile(PLUGIN_LOG, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(` ${call} `))
    .flatMap((line) => Number(/\((\d+) ms\)$/.exec(line)?.[1] ?? 0) / 1000);

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});

test('eight containers at once: the first instruction of each leaves by its own gateway', async () => {
  const names = Array.from({ length: 8 }, () => unique('first'));
  await Promise.all(
    names.map(async (name, index) => {
      const client = await world.lab.gateway(1 + (index % 2)).addClient();
      await putLaunchScript(name, launchScript(client));
    }),
  );
  await Promise.all(names.map((name) => runContainer(name, { command: FIRST })));
  const answers = await Promise.all(names.map(firstAnswer));
  expect(answers).toEqual(names.map((_, index) => `you came from 203.0.113.${11 + (index % 2)}`));
});

test('a tunnel is begun before its container’s first process is', async ({ skip }) => {
  const name = unique('ahead');
  await startSession(world.lab, name);
  const { tunnel } = await waitForState(name, 'connected');
  if (tunnel.implementation === 'kernel') skip('the kernel’s WireGuard has no process');
  expect(await startOf(tunnel.process_id)).toBeLessThan(await startOf(await pidOf(name)));
});

describe('a gateway that is silent', () => {
  test('keeps the start waiting as long as the handler may, and the container begins blocked', async () => {
    const name = unique('silent');
    const gateway = world.lab.gateway(1);
    await putLaunchScript(name, launchScript(await gateway.addClient(), {}, { deadline_seconds: 60 }));
    await gateway.cut();
    const began = performance.now();
    const started = runContainer(name, { command: FIRST });
    const found = await waitFor('its first process', async () => {
      const processes = await firstProcesses();
      return processes.join() === 'T' ? processes : false;
    });
    await started;
    const seconds = (performance.now() - began) / 1000;
    console.log(`the start took ${seconds.toFixed(1)} s; its first process meanwhile: ${found}`);
    expect(seconds).toBeGreaterThan(GATE_SECONDS * 0.9);
    expect(seconds).toBeLessThan(HANDLER_SECONDS);
    expect(await firstAnswer(name)).toBe('nowhere');
    expect(await stateOf(name)).toBe('connecting');
    // Docker itself waits as well, where it can.
    const waited = Math.max(0, ...(await secondsOf('NetworkDriver.ProgramExternalConnectivity')));
    expect(waited > GATE_SECONDS * 0.9).toBe(await isTrueGate());
    await gateway.restore();
    await waitForState(name, 'connected', 30_000);
  });

  test('keeps it waiting also where the daemon is restarted meanwhile', async ({ skip }) => {
    if (await isTrueGate()) skip('Docker itself makes it wait there');
    const name = unique('handed-on');
    const gateway = world.lab.gateway(1);
    await putLaunchScript(name, launchScript(await gateway.addClient(), {}, { deadline_seconds: 60 }));
    await gateway.cut();
    const started = runContainer(name, { command: FIRST });
    await waitFor('its first process is held', async () => (await firstProcesses()).join() === 'T');
    await waitFor('its tunnel', async () => (await waitForState(name, 'connecting')).tunnel);
    await world.sidecar.stop();
    await world.sidecar.start();
    await sleep(1_000);
    expect(await firstProcesses()).toEqual(['T']);
    await gateway.restore();
    await started;
    expect(await firstAnswer(name)).toBe('you came from 203.0.113.11');
  });
});
