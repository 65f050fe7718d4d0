import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HOST, WIREGUARD_PORT } from '../../lab/addresses.ts';
import { run } from '../../src/sidecar/host/command.ts';
import {
  each,
  endServers,
  FIRST_PROBE_MS,
  type KindSession,
  OPENVPN_PORT,
  secondsUntil,
  show,
  startBoth,
} from '../support/both-kinds.ts';
import { session as askFor, type EventStream, listen, putLaunchScript, waitForState } from '../support/control.ts';
import { bySecond, type Dial, Dials, firstOfEach } from '../support/dials.ts';
import { docker, inNamespace } from '../support/docker.ts';
import { hostState } from '../support/host-state.ts';
import { difference, loadOf } from '../support/load.ts';
import { DRIVER, exitAddress, launchScript, NETWORK, NO_TUNNEL, runContainer, unique } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { networkLog } from '../support/sidecar.ts';
import { sleep } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const EXIT = '203.0.113.11';
const MOVED_EXIT = '203.0.113.21';
const OTHER_HOST = '203.0.113.2';
/** Of a session that is wanted without a tunnel. */
const DIRECT_PAGE = '/direct';

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});
afterEach(async () => {
  const { lab } = world;
  await lab.uplink.restore();
  await lab.gateway(1).move(EXIT);
  await lab.resolver.point('gw1.test', EXIT);
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', ...containers);
});

afterAll(endServers);

const session = async (name: string) => (await askFor(name)).body;

const began = new Date().toISOString();

/** Whatever came from the host itself came past the tunnels. The lab is shared: what other files' tests did is older. */
const leaks = () =>
  world.lab.site
    .visits()
    .filter(({ time }) => time >= began)
    .filter(({ from, what }) => [HOST.v4, HOST.v6, OTHER_HOST].includes(from) && what !== DIRECT_PAGE);

const logOf = async ({ name }: KindSession): Promise<string> =>
  (await networkLog())
    .split('\n')
    .filter((line) => line.includes(` ${name} `))
    .join('\n');

const stepsOf = ({ name }: KindSession, { events }: EventStream): string[] =>
  events
    .filter(({ container }) => container?.name === name)
    .map(({ previous, state, reason }) => `${previous} → ${state} ${reason?.code ?? ''}`.trim());

/** Within the 30 s that a tunnel has, each of them carries again, by `exit`. @returns seconds, for each */
async function mended(sessions: readonly KindSession[], exit = EXIT): Promise<number[]> {
  const began = performance.now();
  return each(sessions, async ({ name }) => {
    await expect.poll(() => exitAddress(name, { seconds: 2 }), { timeout: 40_000, interval: 200 }).toBe(exit);
    await waitForState(name, 'connected');
    return (performance.now() - began) / 1000;
  });
}

describe('the uplink of the host', () => {
  test.each([
    ['is taken down', 'cut', 12_000],
    ['loses its carrier', 'cutCarrier', 12_000],
  ] as const)('%s and comes back', async (_, cut, awayMs) => {
    const sessions = await startBoth(world, 'uplink');
    const stream = await listen();
    await sleep(FIRST_PROBE_MS);
    await world.lab.uplink[cut]();
    for (const { name } of sessions) expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    const noticed = await each(sessions, ({ name }) => secondsUntil(name, 'reconnecting'));
    for (const { name } of sessions) expect((await session(name)).reason?.code).toBe('TUNNEL_STALE');
    await sleep(awayMs); // whoever tries has got used to it
    await world.lab.uplink.restore();
    const back = await mended(sessions);
    console.log(`the uplink ${_}: noticed after ${show(noticed)} s, back after ${show(back)} s`);
    expect(Math.max(...noticed)).toBeLessThan(20);
    expect(Math.max(...back)).toBeLessThan(30);
    expect(leaks()).toEqual([]);
    stream.end();
    for (const one of sessions) {
      expect(await logOf(one)).toMatch(/connected → reconnecting: .+ \(TUNNEL_STALE\)[\s\S]*reconnecting → connected/);
      expect(stepsOf(one, stream)).toEqual(['connected → reconnecting TUNNEL_STALE', 'reconnecting → connected']);
    }
  });
});

test('the name of the gateway leads to another address: the sessions follow it', async () => {
  const sessions = await startBoth(world, 'moved', { endpoint: 'gw1.test' });
  await sleep(FIRST_PROBE_MS);
  await world.lab.gateway(1).move(MOVED_EXIT);
  await world.lab.resolver.point('gw1.test', MOVED_EXIT);
  const back = await mended(sessions, MOVED_EXIT);
  console.log(`the gateway moved: back after ${show(back)} s`);
  expect(Math.max(...back)).toBeLessThan(30);
  expect(leaks()).toEqual([]);
  for (const one of sessions) expect(await logOf(one)).toMatch(/reconnecting → connected/);
});

test('the host gets another address', async () => {
  const sessions = await startBoth(world, 'renumbered');
  const direct = unique('direct');
  await putLaunchScript(direct, NO_TUNNEL);
  await runContainer(direct);
  await sleep(FIRST_PROBE_MS);
  await world.lab.uplink.renumber(OTHER_HOST);
  const back = await mended(sessions);
  console.log(`the host renumbered: back after ${show(back)} s`);
  expect(Math.max(...back)).toBeLessThan(30);
  expect(await exitAddress(direct, { page: `http://${world.lab.site.v4}${DIRECT_PAGE}` })).toBe(OTHER_HOST);
  const client = await world.lab.gateway(1).addClient({ endpoint: OTHER_HOST });
  await expect(putLaunchScript(unique('itself'), launchScript(client))).rejects.toThrow('ENDPOINT_REFUSED');
  expect(leaks()).toEqual([]);
});

describe('as a host that sleeps', () => {
  const SLEEP_MS = 40_000;
  const signalAll = async (sessions: readonly KindSession[], signal: NodeJS.Signals) => {
    for (const { name } of sessions) process.kill((await session(name)).tunnel.process_id, signal);
  };

  test("the tunnels' processes stand still for 40 s", async () => {
    const sessions = await startBoth(world, 'still');
    await sleep(FIRST_PROBE_MS);
    await signalAll(sessions, 'SIGSTOP');
    const began = performance.now();
    for (const { name } of sessions) expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    const noticed = await each(sessions, ({ name }) => secondsUntil(name, 'reconnecting'));
    const pids = await each(sessions, async ({ name }) => (await session(name)).tunnel?.process_id);
    await sleep(SLEEP_MS - (performance.now() - began));
    for (const pid of pids) await sh('kill', '-CONT', String(pid)).catch(() => undefined); // may have been replaced
    const back = await mended(sessions);
    console.log(`stopped processes: noticed after ${show(noticed)} s, back after ${show(back)} s`);
    expect(Math.max(...noticed)).toBeLessThan(20);
    expect(Math.max(...back)).toBeLessThan(30);
    expect(leaks()).toEqual([]);
    for (const one of sessions) expect(await logOf(one)).not.toContain('→ failed');
  });

  test('the daemon stands still for 40 s, and with it half of the tunnels', async () => {
    const [running, still] = [await startBoth(world, 'running'), await startBoth(world, 'asleep')];
    await sleep(FIRST_PROBE_MS);
    const pids = await each(still, async ({ name }) => (await session(name)).tunnel.process_id);
    process.kill(world.sidecar.pid, 'SIGSTOP');
    try {
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      for (const { name } of running) expect(await exitAddress(name)).toBe(EXIT);
      for (const { name } of still) expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
      await sleep(SLEEP_MS);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
      process.kill(world.sidecar.pid, 'SIGCONT');
    }
    const back = await mended([...running, ...still]);
    console.log(`a stopped daemon: back after ${show(back)} s`);
    expect(Math.max(...back)).toBeLessThan(30);
    await sleep(15_000); // whatever it believes to have missed, it takes nothing down for it
    for (const { name } of [...running, ...still]) expect(await exitAddress(name)).toBe(EXIT);
    expect(leaks()).toEqual([]);
    for (const one of [...running, ...still]) expect(await logOf(one)).not.toContain('→ failed');
    for (const one of running) expect(await logOf(one)).not.toContain('reconnecting');
  });
});

test('somebody else takes away, inside, no more than the address, or the route: it comes back', async () => {
  const [addressless, routeless] = [await startBoth(world, 'address'), await startBoth(world, 'route')];
  await sleep(FIRST_PROBE_MS);
  await each(addressless, ({ name, device }) => inNamespace(name, 'ip', '-4', 'address', 'flush', 'dev', device));
  await each(routeless, ({ name, device }) =>
    inNamespace(name, 'ip', '-4', 'route', 'flush', 'table', '51820', 'dev', device),
  );
  const sessions = [...addressless, ...routeless];
  // It may be back before it was missed.
  await each(sessions, async ({ name }) =>
    expect(['nowhere', EXIT]).toContain(await exitAddress(name, { seconds: 1 })),
  );
  const back = await mended(sessions);
  console.log(`without an address: back after ${show(back.slice(0, 2))} s; without a route: ${show(back.slice(2))} s`);
  expect(Math.max(...back)).toBeLessThan(30);
  expect(leaks()).toEqual([]);
  for (const one of sessions) expect(await logOf(one)).toMatch(/changed by somebody else|reconnecting → connected/);
});

describe('somebody else takes away, on the host,', () => {
  /** What of it is ours. */
  const ours = async (): Promise<string[]> => {
    const { iptables, nftables } = await hostState();
    return [
      ...iptables.filter((line) => line.includes('KASM-SIDECAR')),
      ...nftables.filter((table) => /^table \w+ kasm_sidecar/.test(table)),
    ];
  };
  const tables = async (): Promise<string[]> =>
    (await sh('nft', 'list', 'tables')).split('\n').filter((line) => line.includes(' kasm_sidecar'));
  const forEachTable = async (verb: 'flush' | 'delete') => {
    for (const table of await tables()) await sh('nft', `${verb} ${table}`);
  };

  test.each([
    ['our tables', () => forEachTable('delete')],
    ['the rules of our tables', () => forEachTable('flush')],
    ['the rules of iptables', () => sh('iptables', '-F')],
    ['the rules of ip6tables', () => sh('ip6tables', '-F')],
    ['the rules of our chain', () => sh('iptables', '-F', 'KASM-SIDECAR')],
  ])('%s: nothing leaves, and they come back', async (what, take) => {
    const sessions = await startBoth(world, 'rules');
    const saved = await Promise.all([sh('iptables-save'), sh('ip6tables-save')]);
    const before = await ours();
    await take();
    try {
      expect(await ours()).not.toEqual(before);
      const began = performance.now();
      await expect.poll(ours, { timeout: 40_000, interval: 200 }).toEqual(before);
      const seconds = (performance.now() - began) / 1000;
      console.log(`${what}: back after ${seconds.toFixed(1)} s`);
      expect(seconds).toBeLessThan(30);
      expect(await networkLog()).toMatch(/WARNING .*(host's rules|guard)/);
      for (const { name } of sessions) expect(await exitAddress(name)).toBe(EXIT);
      expect(leaks()).toEqual([]);
    } finally {
      await restoreDockers(saved);
    }
  });
});

/** Docker's own rules went as well, and it puts them back only when it starts. */
async function restoreDockers([v4, v6]: readonly string[]): Promise<void> {
  await run(['iptables-restore'], { input: v4 ?? '' });
  await run(['ip6tables-restore'], { input: v6 ?? '' });
}

/** In the lab's switch: the gateway is gone, and the host still believes that there is a way to it. */
const CUT = `table bridge cut { chain frames { type filter hook forward priority 0; ip daddr ${EXIT} drop; ip saddr ${EXIT} drop; }; }`;
const inSwitch = (text: string): Promise<string> =>
  sh('nsenter', `--net=/run/netns/${world.lab.names.wan}`, 'nft', text);

test('a gateway that comes and goes every few seconds does not load the host', async () => {
  const sessions = await startBoth(world, 'flapping');
  for (const { name } of sessions) await docker('exec', '-d', name, 'ping', world.lab.site.v4);
  await sleep(FIRST_PROBE_MS);
  const before = await loadOf(world.sidecar.pid);
  for (let time = 0; time < 6; time++) {
    await inSwitch(CUT);
    await sleep(7_000);
    await inSwitch('delete table bridge cut');
    await sleep(3_000);
  }
  const flapping = difference(before, await loadOf(world.sidecar.pid));
  const back = await mended(sessions);
  console.log(`a flapping gateway costs in 60 s: ${JSON.stringify(flapping)}; back after ${show(back)} s`);
  for (const one of sessions) expect(await logOf(one)).not.toContain('→ failed');
  expect(flapping.starts).toBeLessThan(10 * 60); // processes and threads: some a second, and not more the longer it lasts
});

test('many tunnels that fall silent together, or must be made again, do not all dial in one second', async () => {
  const sessions: KindSession[] = [];
  for (let pair = 0; pair < 10; pair++) sessions.push(...(await startBoth(world, 'herd')));
  for (const { name } of sessions) await docker('exec', '-d', name, 'ping', world.lab.site.v4);
  await sleep(FIRST_PROBE_MS);
  const awayMs = 20_000;
  const withoutGateway = async (act: () => Promise<unknown>) => {
    const dials = new Dials(EXIT, { wireguard: WIREGUARD_PORT, openvpn: OPENVPN_PORT });
    await dials.start();
    const before = await loadOf(world.sidecar.pid);
    const began = Date.now() / 1000;
    await inSwitch(CUT);
    await act();
    await sleep(awayMs);
    const cost = difference(before, await loadOf(world.sidecar.pid));
    await inSwitch('delete table bridge cut');
    const returned = Date.now() / 1000;
    const back = Math.max(...(await mended(sessions)));
    const seen = await dials.stop();
    const counts = (kind: Dial['kind'], from: number, seconds: number) =>
      bySecond(
        seen.filter((dial) => dial.kind === kind),
        from,
        seconds,
      );
    const ofKind = (kind: Dial['kind']) => ({
      away: counts(kind, began, awayMs / 1000),
      back: counts(kind, returned, 12),
    });
    const firsts = bySecond(firstOfEach(seen), began, returned + 12 - began);
    return { cost, back, WireGuard: ofKind('WireGuard'), OpenVPN: ofKind('OpenVPN'), firsts };
  };

  const silent = await withoutGateway(async () => undefined);
  console.log(`${sessions.length} tunnels silent at once: ${JSON.stringify(silent)}`);
  const pids = await each(sessions, async ({ name }) => (await session(name)).tunnel.process_id);
  const killed = await withoutGateway(async () => {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  });
  console.log(`${sessions.length} tunnels killed at once: ${JSON.stringify(killed)}`);
  expect(Math.max(silent.back, killed.back)).toBeLessThan(30);
  // What is dialled again from the same port is the protocol's own repetition: WireGuard's 15 s after the first packet without
  // an answer, then about every 5 s; OpenVPN's every 2 s and later.
  for (const { firsts } of [silent, killed]) expect(Math.max(...firsts)).toBeLessThan(sessions.length);
}, 240_000);
