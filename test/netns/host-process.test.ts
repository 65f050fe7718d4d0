import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { createLab, removeLab } from '../../lab/lab.ts';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { control, putLaunchScript, session, waitForState } from '../support/control.ts';
import { docker, namespaceOf, tryDocker } from '../support/docker.ts';
import { assertSurroundings, importImage } from '../support/engine.ts';
import { linkNewsOf } from '../support/link-news.ts';
import { Machine, ROOT } from '../support/machine.ts';
import { exitAddress, NETWORK, runContainer, startSession } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { staysTrue, waitFor } from '../support/wait.ts';

const INSTALL = `${ROOT}/scripts/install-host`;
const UNIT = 'kasm-sidecar.service';
const CRASHES = `/run/systemd/system/${UNIT}.d/crashes.conf`;
const CONTAINER = 'always';

/** A boot, and Docker's 15 s for a driver that is not there. */
const BOOT_TIMEOUT_MS = 120_000;

const machine = new Machine();
let lab: Lab;
beforeAll(async () => {
  assertSurroundings(); // before the lab takes the default route
  lab = await createLab({ gateways: 1, defaultRoute: true });
  await machine.boot('basic.target').catch((error: Error) => {
    whyNot = error.message;
  });
});
/** Some hosts of containers let nobody boot a systemd. */
let whyNot: string | undefined;
beforeEach(({ skip }) => {
  if (whyNot !== undefined) skip(`systemd does not come up here: ${whyNot}`);
});
afterAll(async () => {
  await machine.powerOff();
  await removeLab();
});

const mainPid = async (): Promise<number> => Number(await machine.show(UNIT, 'MainPID'));
const health = async (): Promise<number> => (await control('GET', '/v1/version')).status;
const tunnelProcess = async (): Promise<number> => (await session(CONTAINER)).body.tunnel.process_id;
const anotherPid = (before: number): Promise<number> =>
  waitFor('a new process', async () => {
    const pid = await mainPid();
    return pid !== before && pid > 0 && (await health()) === 200 && pid;
  });

/** The container asks the page all the time. @returns from where it was seen */
async function visitsDuring(act: () => Promise<unknown>): Promise<string[]> {
  const before = lab.site.visits().length;
  const asking = 'while :; do timeout 1 wget -qO- http://203.0.113.80/; sleep 0.05; done';
  await docker('exec', '-d', CONTAINER, 'sh', '-c', asking);
  await act();
  return lab.site
    .visits()
    .slice(before)
    .map(({ from }) => from);
}

test('install-host: it says what it needs, puts everything in place, and systemd hears when it is ready', async () => {
  expect((await machine.run(INSTALL, '--help')).stdout).toContain('--uninstall');
  expect((await machine.run(INSTALL, '--nonsense')).exitCode).toBe(2);
  await machine.must(INSTALL);
  expect(await machine.show(UNIT, 'ActiveState')).toBe('active'); // of Type=notify: only once it said so
  expect(await health()).toBe(200);
  expect(await machine.must('kasm-sidecar', 'status')).toBeDefined();
  expect(await machine.show(UNIT, 'UnitFileState')).toBe('enabled');
});

test('under all of the unit’s restrictions a session gets its tunnel, and it outlives kill -9 and a restart', async () => {
  await machine.must('systemctl', 'start', 'docker.service');
  await machine.must('systemctl', 'enable', 'docker.service', 'docker.socket');
  await importImage();
  await docker('network', 'create', '-d', 'kasm-sidecar', NETWORK);
  await startSession(lab, CONTAINER, { run: ['--restart', 'always'] });
  await runContainer('other', { network: 'bridge', run: ['--restart', 'always'] });
  expect(await exitAddress(CONTAINER)).toBe('203.0.113.11');
  expect((await session(CONTAINER)).body.warnings ?? []).toEqual([]);
  expect(await linkNewsOf(await tunnelProcess(), (...argv) => machine.must(...argv))).toBe(0);

  const tunnel = await tunnelProcess();
  const seen = await visitsDuring(async () => {
    const first = await mainPid();
    await machine.must('kill', '-9', String(first));
    const second = await anotherPid(first);
    await machine.must('systemctl', 'restart', UNIT);
    await anotherPid(second);
    await waitForState(CONTAINER, 'connected');
  });
  expect(new Set(seen)).toEqual(new Set(['203.0.113.11']));
  expect(await tunnelProcess()).toBe(tunnel);
});

test('under all of the unit’s restrictions OpenVPN works, too, and a Kasm image’s folder is written to', async () => {
  const server = await startOpenVpnServer(lab.names, 1, { port: 1194 });
  const egress = { type: 'openvpn', config: await server.clientConfig(), credential: LOGIN };
  await putLaunchScript('ovpn', { version: 1, egress });
  await runContainer('ovpn', { run: ['--tmpfs', '/dockerstartup:uid=1000,mode=755'] });
  await waitForState('ovpn', 'connected');
  expect(await exitAddress('ovpn')).toBe('203.0.113.11');
  expect(await docker('exec', '-u', '1000', 'ovpn', 'cat', '/dockerstartup/.egress_status')).toBe('ready');
  await docker('rm', '-f', 'ovpn');
  await server.signal('SIGKILL');
});

test('installed again (an upgrade): sessions go on', async () => {
  const [tunnel, pid] = [await tunnelProcess(), await mainPid()];
  await machine.must(INSTALL);
  expect(await mainPid()).not.toBe(pid);
  await waitForState(CONTAINER, 'connected');
  expect(await tunnelProcess()).toBe(tunnel);
});

test('a host that boots: the sidecar first, then Docker, then the container with its egress', {
  timeout: BOOT_TIMEOUT_MS,
}, async () => {
  await machine.powerOff();
  await machine.boot('multi-user.target');
  await waitForState(CONTAINER, 'connected', 30_000);
  expect(await exitAddress(CONTAINER)).toBe('203.0.113.11');
  const [ours, dockers] = await Promise.all([
    machine.show(UNIT, 'ActiveEnterTimestampMonotonic'),
    machine.show('docker.service', 'ExecMainStartTimestampMonotonic'),
  ]);
  expect(Number(ours)).toBeLessThan(Number(dockers));
});

/** The program can't start, as after a broken upgrade; systemd tries for ever. */
async function breakProgram(): Promise<void> {
  const text = '[Service]\\nExecStart=\\nExecStart=/bin/false\\n';
  await machine.must(
    'sh',
    '-c',
    `mkdir -p ${CRASHES.replace(/\/[^/]*$/, '')}; printf '${text}' >${CRASHES}; systemctl daemon-reload`,
  );
}

test('a crash loop while sessions run: they stay locked and guarded, and go out by their tunnel alone', async () => {
  await breakProgram();
  const seen = await visitsDuring(async () => {
    await machine.must('kill', '-9', String(await mainPid()));
    const isDown = async () => (await machine.show(UNIT, 'ActiveState')) !== 'active';
    await waitFor('systemd to see its end', isDown);
    await staysTrue('no sidecar', 4_000, isDown);
  });
  expect(new Set(seen)).toEqual(new Set(['203.0.113.11']));
  expect(await sh('nft', 'list', 'ruleset')).toContain('chain from_ksh');
  expect(Number(await machine.show(UNIT, 'NRestarts'))).toBeGreaterThan(0);
});

test('a crash loop from the boot on: nothing of a session stands or starts, and other containers do', {
  timeout: BOOT_TIMEOUT_MS,
}, async () => {
  // On the disk, so that it is there when the machine boots.
  await machine.must('sh', '-c', `cp -r ${CRASHES.replace(/\/[^/]*$/, '')} /etc/systemd/system/`);
  await machine.powerOff();
  const [before, began] = [lab.site.visits().length, Date.now()];
  await machine.boot('multi-user.target');
  const inspect = async (name: string, what: string) =>
    (await tryDocker('inspect', '-f', `{{.State.${what}}}`, name)).stdout;
  await waitFor('the other container', async () => (await inspect('other', 'Running')) === 'true', {
    timeoutMs: 60_000,
  });
  console.log(`with no sidecar the other container runs ${Date.now() - began} ms after the power came`);
  expect(await machine.show(UNIT, 'ActiveState')).not.toBe('active');
  expect(Number(await machine.show(UNIT, 'NRestarts'))).toBeGreaterThan(0);
  await waitFor('Docker to give up', async () => (await inspect(CONTAINER, 'Error')).includes('kasm-sidecar'), {
    timeoutMs: 40_000,
  });
  expect(await inspect(CONTAINER, 'Running')).toBe('false');
  expect(await sh('ip', '-o', 'link')).not.toMatch(/\b(ksh|kst|br_kasm)/);
  expect(lab.site.visits().slice(before)).toEqual([]);

  await machine.must('sh', '-c', `rm -r /etc/systemd/system/${UNIT}.d; systemctl daemon-reload`);
  await waitFor('systemd’s next try', async () => (await machine.show(UNIT, 'ActiveState')) === 'active', {
    timeoutMs: 20_000,
  });
  await docker('start', CONTAINER);
  await waitForState(CONTAINER, 'connected');
  expect(await exitAddress(CONTAINER)).toBe('203.0.113.11');
});

test('install-host --uninstall: not while Docker has a network of it; then nothing runs on', async () => {
  const refused = await machine.run(INSTALL, '--uninstall');
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(NETWORK)]);
  expect(await namespaceOf(CONTAINER)).toMatch(/^[0-9a-f]{12}$/);
  await docker('rm', '-f', CONTAINER);
  await docker('network', 'rm', NETWORK);
  await machine.must(INSTALL, '--uninstall');
  expect((await machine.run('systemctl', 'cat', UNIT)).exitCode).not.toBe(0);
  await waitFor('nothing of it runs on', async () => {
    return (await machine.run('pgrep', '-f', 'wireguard-go|kasm-sidecar.js')).stdout === '';
  });
  expect((await machine.run('ls', '/opt/kasm-sidecar', '/usr/local/bin/kasm-sidecar')).stdout).toBe('');
  expect(await readFile('/proc/net/dev', 'utf8')).not.toMatch(/ksh|kst|br_kasm/);
});
