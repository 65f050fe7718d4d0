import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { docker, inContainer, inNamespace } from '../support/docker.ts';
import { DRIVER, dropLock, exitAddress, NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { networkLog } from '../support/sidecar.ts';
import { sleep } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const EXIT = '203.0.113.11';

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});
afterEach(async () => {
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', ...containers);
});

const startWireGuard = async (name: string) => void (await startSession(world.lab, name));

/** As most providers set it up: the server is silent for 10 s at a time, and the client may wait for a minute. */
async function startOpenVpn(name: string): Promise<void> {
  const server = await startOpenVpnServer(world.lab.names, 1, { port: 1300, keepalive: [10, 60] });
  const egress = { type: 'openvpn', config: await server.clientConfig(), credential: LOGIN };
  await putLaunchScript(name, { version: 1, egress });
  await runContainer(name);
  await waitForState(name, 'connected');
}

const KINDS = [
  ['WireGuard', startWireGuard],
  ['OpenVPN', startOpenVpn],
] as const;

/** Until the first probe has been answered: whoever has never answered one proves nothing by silence. */
const FIRST_PROBE_MS = 4_000;

/** As `tc netem loss 5%`, which not every kernel has. */
const LOSS =
  'table bridge loss { chain frames { type filter hook forward priority 0; numgen random mod 100 < 5 drop; }; }';

/** Between the host and the gateway larger packets are lost, and nobody says so. */
const ENDS = '{ 203.0.113.1, 203.0.113.11 }';
const NARROW = `table bridge narrow { chain frames { type filter hook forward priority 0; ip saddr ${ENDS} ip daddr ${ENDS} ip length > 1280 drop; }; }`;
const PAGE = 'http://203.0.113.80/';

const secondsUntil = async (name: string, state: string): Promise<number> => {
  const began = performance.now();
  await waitForState(name, state, 60_000);
  return (performance.now() - began) / 1000;
};

describe.each(KINDS)('%s', (kind, start) => {
  test('a gateway that dies at rest is noticed, and the session comes back by itself', async () => {
    const name = unique('rest');
    await start(name);
    await sleep(FIRST_PROBE_MS);
    await world.lab.gateway(1).cut();
    const noticed = await secondsUntil(name, 'reconnecting');
    await world.lab.gateway(1).restore();
    const mended = await secondsUntil(name, 'connected');
    expect(await exitAddress(name)).toBe(EXIT);
    console.log(
      `${kind} at rest: noticed after ${noticed.toFixed(1)} s, back ${mended.toFixed(1)} s after the gateway`,
    );
    expect(noticed).toBeLessThan(20);
    expect(mended).toBeLessThan(30);
  });

  test('a gateway that dies under traffic is noticed sooner', async () => {
    const name = unique('traffic');
    await start(name);
    await docker('exec', '-d', name, 'ping', '203.0.113.80');
    await sleep(FIRST_PROBE_MS);
    await world.lab.gateway(1).cut();
    const noticed = await secondsUntil(name, 'reconnecting');
    await world.lab.gateway(1).restore();
    await waitForState(name, 'connected', 30_000);
    console.log(`${kind} under traffic: noticed after ${noticed.toFixed(1)} s`);
    expect(noticed).toBeLessThan(10);
  });

  test('loss of 5 % is no death', async () => {
    const name = unique('lossy');
    await start(name);
    const inWan = ['nsenter', `--net=/run/netns/${world.lab.names.wan}`, 'nft'] as const;
    await sh(...inWan, LOSS);
    try {
      await sleep(25_000);
      const doubts = (await networkLog()).split('\n').filter((line) => line.includes(` ${name} `));
      expect(doubts.filter((line) => line.includes('reconnecting'))).toEqual([]);
    } finally {
      await sh(...inWan, 'delete table bridge loss');
    }
  });

  test('its device is deleted by somebody else: nothing leaves, and it comes back', async () => {
    const name = unique('deleted');
    await start(name);
    const device = kind === 'WireGuard' ? 'wg' : 'tun0';
    await inNamespace(name, 'ip', 'link', 'delete', 'dev', device);
    expect(await exitAddress(name, { seconds: 1 })).not.toBe('203.0.113.1');
    await sleep(1_000);
    await waitForState(name, 'connected', 30_000);
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 30_000 }).toBe(EXIT);
  });

  test('a path that carries 1280 bytes and tells nobody: large downloads come through', async () => {
    const name = unique('narrow');
    const inWan = ['nsenter', `--net=/run/netns/${world.lab.names.wan}`, 'nft'] as const;
    await sh(...inWan, NARROW);
    try {
      await start(name);
      const device = kind === 'WireGuard' ? 'wg' : 'tun0';
      const mtuOf = async () =>
        Number(/mtu (\d+)/.exec(await inNamespace(name, 'ip', 'link', 'show', 'dev', device))?.[1]);
      await expect.poll(mtuOf, { timeout: 20_000 }).toBeLessThan(1280);
      console.log(`${kind}: MTU ${await mtuOf()} on a path of 1280`);
      const { stdout } = await inContainer(name, 20, 'sh', '-c', `wget -qO- ${PAGE}bytes/3000000 | wc -c`);
      expect(Number(stdout)).toBe(3_000_000);
    } finally {
      await sh(...inWan, 'delete table bridge narrow');
    }
  });

  test('a root inside flushes the lock, the rules and the routes: all of it comes back', async () => {
    const name = unique('flushed');
    await start(name);
    await sleep(FIRST_PROBE_MS);
    await dropLock(name);
    await inNamespace(name, 'ip', 'rule', 'flush');
    await inNamespace(name, 'ip', 'route', 'flush', 'table', '51820');
    const began = performance.now();
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    await expect
      .poll(() => inNamespace(name, 'iptables', '-S', 'OUTPUT'), { timeout: 30_000 })
      .toContain('-P OUTPUT DROP');
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 30_000 }).toBe(EXIT);
    console.log(`${kind}: rules and routes back after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(await networkLog()).toMatch(new RegExp(`WARNING \\| ${name} \\| .*changed by somebody else`));
  });
});
