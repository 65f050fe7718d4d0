import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EgressError } from '../../src/shared/errors.ts';
import { run } from '../../src/sidecar/host/command.ts';
import { ChangeListener } from '../../src/sidecar/host/netlink.ts';
import { findNamespace, type Namespace } from '../../src/sidecar/host/netns.ts';
import type { Passage, ProxyPeer, Wire } from '../../src/sidecar/plan/wire.ts';
import { HostNetwork } from '../../src/sidecar/sessions/host-network.ts';
import { type RulesContext, SessionRules } from '../../src/sidecar/sessions/session-rules.ts';
import { sh } from '../support/shell.ts';
import { sleep } from '../support/wait.ts';
import { aDualStackWire, aProxy } from '../support/wires.ts';

const NAMESPACE = 'kasm-rules-test';
const FOREIGN_HOOK = '-A OUTPUT -p udp -j ACCEPT';

/** The passages and proxies that a session can meet, in any order. */
const passages: readonly Passage[] = [
  { kind: 'session', direct: [] },
  { kind: 'session', direct: ['10.20.0.0/16', '2001:db8::/32'] },
  { kind: 'open' },
];
const proxies: readonly (readonly ProxyPeer[])[] = [
  [],
  [aProxy],
  [{ ...aProxy, ipv4: '172.20.0.9', ports: [443, 8443] }],
];

const host = new HostNetwork(run);
let namespace: Namespace;
let current: readonly ProxyPeer[] = [];
const wire = (): Wire => ({ ...aDualStackWire, network: { ...aDualStackWire.network, proxies: current } });

/** Families whose lock was loaded, in the order in which that was done. */
let loaded: string[] = [];

const makeRules = (isBroken = () => false): SessionRules => {
  const parts: RulesContext = {
    host: {
      // A kernel that refuses a rule can't be had here.
      lockStands: host.lockStands.bind(host),
      applyLock: async (...args) => {
        if (isBroken()) throw new EgressError('HOST_COMMAND_FAILED', 'made to fail');
        loaded.push(...Object.keys(args[1]));
        await host.applyLock(...args);
      },
      applyGuard: host.applyGuard,
      setIsolated: (...args) => host.setIsolated(...args),
    },
    networks: { applyFirewall: async ({ beside } = {}) => beside?.() }, // the rules of all networks together are tested below
    passageChanged: () => undefined,
  };
  return new SessionRules(
    parts,
    () => [wire()],
    () => true,
  );
};

/** Everything that the rules of one session are, as the kernel shows it. */
async function snapshot(): Promise<string> {
  const inside = (program: string) => sh('ip', 'netns', 'exec', NAMESPACE, program);
  const texts = await Promise.all([
    sh('nft', 'list', 'ruleset', 'netdev'),
    inside('iptables-save'),
    inside('ip6tables-save'),
  ]);
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/packets \d+ bytes \d+/, '').replace(/\[\d+:\d+\]/, ''))
    .join('\n');
}

const pair = {
  hostLink: aDualStackWire.hostLink,
  containerLink: 'ksc0123456789',
  mac: aDualStackWire.mac,
  bridge: aDualStackWire.network.bridge,
};

const { bridge, bridgeMac } = aDualStackWire.network;
const BRIDGE_ADDRESSES = ['172.20.0.1/16', 'fd00:20::1/64'];
const ensureBridge = () => host.ensureBridge({ bridge, bridgeMac, networkId: 'rules', addresses: BRIDGE_ADDRESSES });

async function setUp(): Promise<void> {
  loaded = [];
  await sh('ip', 'netns', 'add', NAMESPACE);
  const found = findNamespace(`/run/netns/${NAMESPACE}`);
  if (!found) throw new Error('the namespace was not made');
  namespace = found;
  await ensureBridge();
  await host.makeWire(pair, wire());
  await sh('ip', 'link', 'set', 'dev', pair.containerLink, 'netns', NAMESPACE, 'name', aDualStackWire.link);
}

async function tearDown(): Promise<void> {
  await host.removeWire(pair.hostLink);
  await host.removeBridge(pair.bridge);
  await sh('ip', 'netns', 'delete', NAMESPACE);
}

beforeEach(async () => {
  current = [];
  await setUp();
});
afterEach(tearDown);

const pick = <T>(items: readonly T[]): T => items[randomInt(items.length)] as T;

describe('the rules of a session', () => {
  test('wherever a random walk went, it ends where a fresh start ends', async () => {
    const rules = makeRules();
    const walked: string[] = [];
    for (let step = 0; step < 15; step++) {
      current = pick(proxies);
      const passage = pick(passages);
      walked.push(JSON.stringify({ passage, proxies: current.map(({ ipv4 }) => ipv4) }));
      if (randomInt(3) === 0) await sh('ip', 'netns', 'exec', NAMESPACE, 'iptables', '-F', 'OUTPUT');
      await rules.apply(namespace, () => passage, { again: true });
      expect(rules.guardsStand(await host.summariseGuards()), walked.join('\n')).toBe(true);
      const after = await snapshot();
      await tearDown();
      await setUp();
      await makeRules().apply(namespace, () => passage);
      expect(after, walked.join('\n')).toBe(await snapshot());
    }
  });

  test('replace what somebody added or flushed in the namespace, in one go', async () => {
    current = [aProxy];
    const rules = makeRules();
    const passage = passages[0] as Passage;
    await rules.apply(namespace, () => passage);
    const wanted = await snapshot();
    await sh('ip', 'netns', 'exec', NAMESPACE, 'iptables', '-t', 'mangle', ...FOREIGN_HOOK.split(' '));
    await sh('ip', 'netns', 'exec', NAMESPACE, 'ip6tables', '-F');
    await sh('nft', 'flush', 'chain', 'netdev', 'kasm_sidecar', `from_${pair.hostLink}`);
    expect(await snapshot()).not.toBe(wanted);
    expect(rules.guardsStand(await host.summariseGuards())).toBe(false);
    await rules.apply(namespace, () => passage, { again: true });
    expect(await snapshot()).toBe(wanted);
  });

  test("leave Docker's own nat rules in the namespace alone", async () => {
    await sh('ip', 'netns', 'exec', NAMESPACE, 'iptables', '-t', 'nat', '-N', 'DOCKER_OUTPUT');
    await makeRules().apply(namespace, () => passages[0] as Passage);
    expect(await sh('ip', 'netns', 'exec', NAMESPACE, 'iptables', '-t', 'nat', '-S')).toContain('DOCKER_OUTPUT');
  });

  test('a lock that can not be applied shuts the guard, until it can', async () => {
    current = [aProxy];
    let broken = false;
    const rules = makeRules(() => broken);
    const passage = passages[1] as Passage;
    await rules.apply(namespace, () => passage);
    broken = true;
    await expect(rules.apply(namespace, () => passages[0] as Passage)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
    expect(await accepts()).toEqual([]);
    await rules.apply(namespace, () => passage);
    expect(await accepts()).toEqual([]);
    broken = false;
    await rules.apply(namespace, () => passage, { again: true });
    expect((await accepts()).length).toBeGreaterThan(0);
  });
});

const accepts = async () =>
  (await sh('nft', 'list', 'ruleset', 'netdev')).split('\n').filter((line) => / accept$/.test(line));

describe('a lock that is deferred', () => {
  const passage = passages[0] as Passage;

  test('comes when its time has come, and the guard does not wait for it', async () => {
    current = [aProxy];
    const rules = makeRules();
    const time = Promise.withResolvers<void>();
    rules.deferLock(time.promise);
    const applied = rules.apply(namespace, () => passage);
    await vi.waitFor(async () => expect((await accepts()).length).toBeGreaterThan(0), { timeout: 2_000 });
    expect(loaded).toEqual([]);
    time.resolve();
    await applied;
    expect(loaded).toEqual(['v4', 'v6']);
    expect(rules.guardsStand(await host.summariseGuards())).toBe(true);
  });

  test('has what became known meanwhile, so that it is loaded once', async () => {
    const [load, rules] = [vi.spyOn(host, 'applyLock'), makeRules()];
    const time = Promise.withResolvers<void>();
    rules.deferLock(time.promise);
    const applied = rules.apply(namespace, () => passages[0] as Passage);
    await sleep(20);
    rules.useServers(['203.0.113.99']);
    time.resolve();
    await applied;
    await rules.apply(namespace, () => passages[0] as Passage);
    expect(load).toHaveBeenCalledTimes(1);
    expect(load.mock.calls[0]?.[1].v4).toContain('203.0.113.99');
  });

  test('shuts the guard where it can not be applied', async () => {
    current = [aProxy];
    const rules = makeRules(() => true);
    rules.deferLock(sleep(200));
    await expect(rules.apply(namespace, () => passage)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
    expect(await accepts()).toEqual([]);
  });

  test('goes before what widens once it stands', async () => {
    current = [aProxy];
    let isBroken = false;
    const rules = makeRules(() => isBroken);
    rules.deferLock(sleep(0));
    await rules.apply(namespace, () => passage);
    isBroken = true;
    await expect(rules.apply(namespace, () => passages[1] as Passage)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
    expect(await accepts()).toEqual([]);
  });
});

test('a guard waits for its wire, and the lock does not', async () => {
  current = [aProxy];
  await host.removeWire(pair.hostLink);
  const rules = makeRules();
  const wired = Promise.withResolvers<void>();
  rules.awaitWire(wired.promise);
  const applied = rules.apply(namespace, () => passages[0] as Passage);
  await vi.waitFor(() => expect(loaded).toEqual(['v4', 'v6']));
  await host.makeWire(pair, wire());
  wired.resolve();
  await applied;
  expect((await accepts()).length).toBeGreaterThan(0);
});

test('a guard that a new wire has already is not loaded again', async () => {
  const [loadedGuards, rules] = [vi.spyOn(host, 'applyGuard'), makeRules()];
  rules.awaitWire(Promise.resolve());
  await rules.apply(namespace, () => passages[0] as Passage);
  expect(loadedGuards).not.toHaveBeenCalled();
  expect(rules.guardsStand(await host.summariseGuards())).toBe(true);
  current = [aProxy];
  await rules.apply(namespace, () => passages[0] as Passage);
  expect(loadedGuards).toHaveBeenCalledTimes(1);
  loadedGuards.mockRestore();
});

describe('the lock that an earlier process has left', () => {
  const passage = passages[0] as Passage;
  /** What that one saw, after it had verified its lock. */
  async function leave() {
    current = [aProxy];
    const earlier = makeRules();
    await earlier.apply(namespace, () => passage);
    expect(await earlier.verify(namespace)).toBe(false);
    await earlier.close();
    loaded = [];
    return earlier.sighting;
  }

  test('is not loaded again where nobody has changed it, and the guard is', async () => {
    const seen = await leave();
    const before = await snapshot();
    await sh('nft', 'flush', 'chain', 'netdev', 'kasm_sidecar', `from_${pair.hostLink}`);
    await sh('ip', 'netns', 'exec', NAMESPACE, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
    const rules = makeRules();
    await rules.goOn(namespace, () => passage, seen);
    expect(loaded).toEqual([]);
    expect(await snapshot()).toBe(before);
    expect(await sh('ip', 'netns', 'exec', NAMESPACE, 'sysctl', '-n', 'net.ipv4.conf.all.route_localnet')).toBe('0');
    expect(rules.sighting).toEqual(seen);
    // and from then on as any other
    await sh('ip', 'netns', 'exec', NAMESPACE, 'iptables', '-F');
    await vi.waitUntil(() => rules.verify(namespace), { timeout: 5_000 });
    expect(loaded).toEqual(['v4', 'v6']);
    expect(await snapshot()).toBe(before);
    await rules.close();
  });

  test.each<[string, string[]]>([
    ['has flushed it', ['iptables', '-F']],
    ['has changed it to the same number of rules', ['iptables', '-R', 'OUTPUT', '1', '-j', 'ACCEPT']],
    ['has changed it and back', ['sh', '-c', 'iptables -A OUTPUT -j ACCEPT; iptables -D OUTPUT -j ACCEPT']],
  ])('is loaded again where somebody %s', async (_, change) => {
    const seen = await leave();
    const before = await snapshot();
    await sh('ip', 'netns', 'exec', NAMESPACE, ...change);
    const rules = makeRules();
    await rules.goOn(namespace, () => passage, seen);
    expect(loaded).toEqual(['v4', 'v6']);
    expect(await snapshot()).toBe(before);
    await rules.close();
  });

  test('is loaded again where another one is wanted, or none was seen', async () => {
    const seen = await leave();
    for (const [plan, sighting] of [
      [passages[1] as Passage, seen],
      [passage, undefined],
    ] as const) {
      loaded = [];
      const rules = makeRules();
      await rules.goOn(namespace, () => plan, sighting);
      expect(loaded).toEqual(['v4', 'v6']);
      await rules.close();
    }
  });
});

describe('a bridge', () => {
  test('that stands is not touched', async () => {
    await sleep(1_200); // what came before has been told: the kernel notices cables once a second
    const listener = new ChangeListener('routes');
    await ensureBridge();
    await sleep(200);
    expect(listener.takeChange()).toBe(false);
    listener.close();
  });

  test.each<[string, [string, ...string[]]]>([
    ['an address', ['ip', 'address', 'delete', '172.20.0.1/16', 'dev', bridge]],
    ['that of IPv6', ['ip', '-6', 'address', 'delete', 'fd00:20::1/64', 'dev', bridge]],
    ['to be up', ['ip', 'link', 'set', 'dev', bridge, 'down']],
  ])('that lacks %s gets it back', async (_, change) => {
    // Without its state: the kernel notices once a second, and later on a busy machine, whether it has a cable.
    const look = async () => (await sh('ip', '-br', 'address', 'show', 'dev', bridge)).replace(/^(\S+)\s+\S+/, '$1');
    const before = await look();
    await sh(...change);
    expect(await look()).not.toBe(before);
    await ensureBridge();
    expect(await look()).toBe(before);
  });
});

describe('the rules of the host', () => {
  const network = { bridge: pair.bridge, direct4: ['172.20.0.3'], direct6: ['fd00:20::3'] };

  test('come, change and go without a trace', async () => {
    await sh('iptables', '-S');
    await sh('ip6tables', '-S');
    const before = await hostRules();
    await host.applyFirewall([]);
    await host.applyFirewall([network]);
    expect(await host.firewallStands()).toBe(true);
    await host.applyFirewall([{ ...network, direct4: [] }]);
    await host.applyFirewall([network]);
    await host.applyFirewall([network]);
    const jumps = (await sh('iptables', '-S', 'FORWARD')).split('\n').filter((line) => line.includes('KASM-SIDECAR'));
    expect(jumps).toHaveLength(1);
    await host.applyFirewall([]);
    await host.applyFirewall([]);
    expect(await hostRules()).toBe(before);
  });

  test('take no guard with them that stands: its network may be one that can’t be read', async () => {
    await host.applyFirewall([network]);
    await host.applyFirewall([]);
    expect(await host.guarded()).toEqual([pair.hostLink]);
    await host.removeGuard(pair.hostLink);
    expect(await sh('nft', 'list', 'tables')).not.toContain('kasm_sidecar');
  });

  test('a chain that somebody has emptied meanwhile is made whole with the next change', async () => {
    await host.applyFirewall([network]);
    await sh('iptables', '-F', 'KASM-SIDECAR');
    await host.applyFirewall([{ ...network, direct4: ['172.20.0.4'] }]); // the old rule can't be taken away
    expect(await host.firewallStands()).toBe(true);
    await host.applyFirewall([]);
  });

  test.each<[string, [string, ...string[]]]>([
    ['the table', ['nft', 'delete', 'table', 'inet', 'kasm_sidecar']],
    ['the rules of the table', ['nft', 'flush', 'table', 'inet', 'kasm_sidecar']],
    ['a rule of somebody else among them', ['nft', 'insert', 'rule', 'inet', 'kasm_sidecar', 'input', 'accept']],
    ['the jump to our chain', ['iptables', '-D', 'FORWARD', '-j', 'KASM-SIDECAR']],
    ['the jump of IPv6', ['ip6tables', '-D', 'FORWARD', '-j', 'KASM-SIDECAR']],
    ['the rules of our chain', ['iptables', '-F', 'KASM-SIDECAR']],
    ['those of IPv6', ['ip6tables', '-F', 'KASM-SIDECAR']],
  ])('do not stand after a change of %s', async (_, change) => {
    await host.applyFirewall([network]);
    expect(await host.firewallStands()).toBe(true);
    await sh(...change);
    expect(await host.firewallStands()).toBe(false);
    await host.applyFirewall([network], [], { again: true });
    expect(await host.firewallStands()).toBe(true);
    await host.applyFirewall([]);
  });

  test("stand behind DOCKER-USER, so that an administrator's rules there count", async () => {
    await sh('iptables', '-N', 'DOCKER-USER');
    await sh('iptables', '-I', 'FORWARD', '-j', 'DOCKER-USER');
    await host.applyFirewall([network]);
    const jumps = (await sh('iptables', '-S', 'FORWARD')).split('\n').filter((line) => line.startsWith('-A'));
    expect(jumps.slice(0, 2)).toEqual(['-A FORWARD -j DOCKER-USER', '-A FORWARD -j KASM-SIDECAR']);
    await host.applyFirewall([]);
    await sh('iptables', '-D', 'FORWARD', '-j', 'DOCKER-USER');
    await sh('iptables', '-X', 'DOCKER-USER');
  });

  const hostRules = async () =>
    `${await sh('iptables', '-S')}${await sh('ip6tables', '-S')}${(await sh('nft', 'list', 'tables')).includes('inet kasm_sidecar')}`;
});
