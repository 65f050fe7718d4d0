import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SITE, WIREGUARD_PORT } from '../../lab/addresses.ts';
import { startDaemon } from '../../lab/daemon.ts';
import {
  each,
  endServers,
  FIRST_PROBE_MS,
  OPENVPN_PORT,
  secondsUntil,
  show,
  startBoth,
} from '../support/both-kinds.ts';
import { waitForState } from '../support/control.ts';
import { docker, inContainer, inNamespace } from '../support/docker.ts';
import { DRIVER, dropLock, exitAddress, NETWORK } from '../support/session.ts';
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

afterAll(endServers);

/** As `tc netem delay 150ms loss 5%` at both ends. An hour of it takes an hour, so that is for who sets this. */
const BAD_PATH = { delayMs: 150, lossPercent: 5, seconds: Number(process.env.KASM_SIDECAR_BAD_PATH_SECONDS ?? 25) };

/** At the site's address, to both kinds' ports of the gateway. */
function layBadPath(): void {
  const relay = fileURLToPath(new URL('../../lab/bad-path.ts', import.meta.url));
  const { delayMs, lossPercent } = BAD_PATH;
  for (const port of [WIREGUARD_PORT, OPENVPN_PORT]) {
    const argv = [process.execPath, relay, port, EXIT, port, delayMs, lossPercent].map(String);
    startDaemon(world.lab.names.site, argv, `${world.lab.names.folder}/bad-path-${port}.log`);
  }
}

/** Between the host and the gateway larger packets are lost, and nobody says so. */
const ENDS = '{ 203.0.113.1, 203.0.113.11 }';
const NARROW = `table bridge narrow { chain frames { type filter hook forward priority 0; ip saddr ${ENDS} ip daddr ${ENDS} ip length > 1280 drop; }; }`;
const PAGE = 'http://203.0.113.80/';

/** In the lab's switch, which all of the internet passes. */
const inSwitch = (text: string): Promise<string> =>
  sh('nsenter', `--net=/run/netns/${world.lab.names.wan}`, 'nft', text);

test('a gateway that dies at rest is noticed, and the sessions come back by themselves', async () => {
  const sessions = await startBoth(world, 'rest');
  await sleep(FIRST_PROBE_MS);
  await world.lab.gateway(1).cut();
  const noticed = await each(sessions, ({ name }) => secondsUntil(name, 'reconnecting'));
  await world.lab.gateway(1).restore();
  const mended = await each(sessions, ({ name }) => secondsUntil(name, 'connected'));
  for (const { name } of sessions) expect(await exitAddress(name)).toBe(EXIT);
  console.log(`at rest: noticed after ${show(noticed)} s, back ${show(mended)} s after the gateway`);
  expect(Math.max(...noticed)).toBeLessThan(20);
  expect(Math.max(...mended)).toBeLessThan(30);
});

test('a gateway that dies under traffic is noticed sooner', async () => {
  const sessions = await startBoth(world, 'traffic');
  for (const { name } of sessions) await docker('exec', '-d', name, 'ping', '203.0.113.80');
  await sleep(FIRST_PROBE_MS);
  await world.lab.gateway(1).cut();
  const noticed = await each(sessions, ({ name }) => secondsUntil(name, 'reconnecting'));
  await world.lab.gateway(1).restore();
  await each(sessions, ({ name }) => waitForState(name, 'connected', 30_000));
  console.log(`under traffic: noticed after ${show(noticed)} s`);
  expect(Math.max(...noticed)).toBeLessThan(10);
});

test(
  'loss of 5 % and 300 ms to the gateway and back are no death',
  async () => {
    layBadPath();
    const sessions = await startBoth(world, 'bad-path', { endpoint: SITE.v4 });
    for (const { name } of sessions) {
      const { stdout } = await inContainer(name, 30, 'ping', '-c', '20', '-i', '0.2', '203.0.113.80');
      console.log(`${name}: ${stdout.split('\n').slice(-3).join(' ')}`);
      expect(Number(/min\/avg\/max = ([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThan(300);
    }
    await sleep(BAD_PATH.seconds * 1000);
    const log = (await networkLog())
      .split('\n')
      .filter((line) => sessions.some(({ name }) => line.includes(` ${name} `)));
    expect(log.filter((line) => line.includes('reconnecting'))).toEqual([]);
  },
  120_000 + BAD_PATH.seconds * 1000,
);

test('a device that somebody else deletes: nothing leaves, and it comes back', async () => {
  const sessions = await startBoth(world, 'deleted');
  await each(sessions, async ({ name, device }) => {
    await inNamespace(name, 'ip', 'link', 'delete', 'dev', device);
    expect(await exitAddress(name, { seconds: 1 })).not.toBe('203.0.113.1');
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 30_000 }).toBe(EXIT);
  });
});

/** wireguard-go hands many packets to the kernel as one, which stays one up to a real wire; the switch would judge its length. */
async function setBatches(packets: number): Promise<void> {
  const limit = ['gso_max_segs', String(packets)];
  await sh('ip', 'link', 'set', 'dev', world.lab.names.wan, ...limit);
  await sh('ip', '-netns', world.lab.gateway(1).namespace, 'link', 'set', 'dev', 'eth0', ...limit);
}
const ANY_BATCH = 65_535;

test('a path that carries 1280 bytes and tells nobody: large downloads come through', async () => {
  await setBatches(1);
  await inSwitch(NARROW);
  try {
    const sessions = await startBoth(world, 'narrow');
    const sizes = await each(sessions, async ({ name, device }) => {
      const link = () => inNamespace(name, 'ip', 'link', 'show', 'dev', device);
      const mtuOf = async () => Number(/mtu (\d+)/.exec(await link())?.[1]);
      await expect.poll(mtuOf, { timeout: 20_000 }).toBeLessThan(1280);
      const { stdout } = await inContainer(name, 20, 'sh', '-c', `wget -qO- ${PAGE}bytes/3000000 | wc -c`);
      expect(Number(stdout)).toBe(3_000_000);
      return mtuOf();
    });
    console.log(`MTU on a path of 1280: ${sizes.join(', ')}`);
  } finally {
    await inSwitch('delete table bridge narrow');
    await setBatches(ANY_BATCH);
  }
});

test('a root inside flushes the lock, the rules and the routes: all of it comes back', async () => {
  const sessions = await startBoth(world, 'flushed');
  await sleep(FIRST_PROBE_MS);
  const seconds = await each(sessions, async ({ name }) => {
    await dropLock(name);
    await inNamespace(name, 'ip', 'rule', 'flush');
    await inNamespace(name, 'ip', 'route', 'flush', 'table', '51820');
    const began = performance.now();
    expect(['nowhere', EXIT]).toContain(await exitAddress(name, { seconds: 1 })); // it may be back already
    const output = () => inNamespace(name, 'iptables', '-S', 'OUTPUT');
    await expect.poll(output, { timeout: 30_000 }).toContain('-P OUTPUT DROP');
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 30_000 }).toBe(EXIT);
    return (performance.now() - began) / 1000;
  });
  console.log(`rules and routes back after ${show(seconds)} s`);
  for (const { name } of sessions) {
    expect(await networkLog()).toMatch(new RegExp(`WARNING \\| ${name} \\| .*changed by somebody else`));
  }
});

test('a device that somebody sets down again and again, until its tunnel is held for dead: it comes back', async () => {
  const sessions = await startBoth(world, 'down');
  await sleep(FIRST_PROBE_MS);
  const seconds = await each(sessions, async ({ name, device }) => {
    const isDead = waitForState(name, 'reconnecting', 60_000);
    let goOn = true;
    const pester = async () => {
      while (goOn) await inNamespace(name, 'ip', 'link', 'set', 'dev', device, 'down');
    };
    await docker('exec', '-d', name, 'ping', '203.0.113.80');
    await Promise.all([pester(), isDead.finally(() => (goOn = false))]);
    const began = performance.now();
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 30_000 }).toBe(EXIT);
    return (performance.now() - began) / 1000;
  });
  console.log(`up again after ${show(seconds)} s`);
});
