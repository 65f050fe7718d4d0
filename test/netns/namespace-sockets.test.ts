import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/sidecar/host/command.ts';
import { inside as enter } from '../../src/sidecar/host/inside.ts';
import { ipBatch } from '../../src/sidecar/host/ip.ts';
import { hasDevice, LinkCounters } from '../../src/sidecar/host/link-counters.ts';
import { parseLink } from '../../src/sidecar/host/links.ts';
import { ChangeListener, type Message } from '../../src/sidecar/host/netlink.ts';
import type { Namespace } from '../../src/sidecar/host/netns.ts';
import { ping } from '../../src/sidecar/host/ping.ts';
import { EmbeddedResolver } from '../../src/sidecar/host/sockets.ts';
import { sleep } from '../support/wait.ts';
import { inside, makeNamespace, Undo, until } from './wireguard-server.ts';

let undo: Undo;
let namespace: Namespace;
let peer: Namespace;
beforeEach(async () => {
  undo = new Undo();
  namespace = await makeNamespace(undo);
  peer = await makeNamespace(undo);
  await run(['ip', '-netns', namespace.name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two']);
  await run(['ip', '-netns', namespace.name, 'link', 'set', 'two', 'netns', peer.name]);
  for (const [{ name }, device, last] of [
    [namespace, 'one', 1],
    [peer, 'two', 2],
  ] as const) {
    await run(['ip', '-netns', name, 'address', 'add', `10.77.0.${last}/24`, 'dev', device]);
    await run(['ip', '-netns', name, 'address', 'add', `fd77::${last}/64`, 'dev', device, 'nodad']);
    await run(['ip', '-netns', name, 'link', 'set', device, 'up']);
  }
});
afterEach(() => undo.all());

const ownNamespace = () => readlinkSync('/proc/thread-self/ns/net');

describe('inside', () => {
  test('works there, and this thread comes back, also after a failure', () => {
    const own = ownNamespace();
    expect(enter(namespace, ownNamespace)).toBe(`net:[${namespace.inode}]`);
    expect(ownNamespace()).toBe(own);
    const fail = () => {
      throw new Error('on purpose');
    };
    expect(() => enter(namespace, fail)).toThrow('on purpose');
    expect(ownNamespace()).toBe(own);
  });

  test('refuses a path that leads elsewhere by now, and the host', () => {
    expect(() => enter({ ...namespace, inode: 1 }, ownNamespace)).toThrow(
      expect.objectContaining({ code: 'NAMESPACE_GONE' }),
    );
    expect(() => enter({ ...namespace, path: '/run/netns/none' }, ownNamespace)).toThrow(
      expect.objectContaining({ code: 'NAMESPACE_GONE' }),
    );
    const host = { ...namespace, path: '/proc/self/ns/net' };
    expect(() => enter(host, ownNamespace)).toThrow(expect.objectContaining({ code: 'NAMESPACE_IS_HOST' }));
  });
});

describe('ping', () => {
  const from = (target: string, device = 'one') => ({ namespace, device, target });
  const quick = { seconds: 1, intervalSeconds: 0.2 };
  /** The first answer is enough. */
  const patient = { seconds: 10, intervalSeconds: 0.2 };

  test.each(['10.77.0.2', 'fd77::2'])('hears %s', async (target) => {
    expect(await ping(from(target), patient)).toBe(true);
    expect(await ping(from(target), { ...patient, bytes: 1500 })).toBe(true);
  });

  test.each(['10.77.0.99', 'fd77::99', '203.0.113.1'])('does not hear %s', async (target) => {
    expect(await ping(from(target), quick)).toBe(false);
  });

  test('a packet that is larger than the device’s MTU is not cut in pieces', async () => {
    expect(await ping(from('10.77.0.2'), { ...quick, bytes: 1501 })).toBe(false);
    expect(await ping(from('fd77::2'), { ...quick, bytes: 1501 })).toBe(false);
  });

  test('goes by its device, or not at all', async () => {
    expect(await ping(from('127.0.0.1'), quick)).toBe(false);
    expect(await ping(from('10.77.0.2', 'none'), quick)).toBe(false);
  });

  test('one answer of many packets is enough', async () => {
    const firstAreLost = 'table ip loss { chain c { type filter hook input priority 0; icmp sequence < 3 drop; }; }';
    await inside(peer, ['nft', firstAreLost]);
    expect(await ping(from('10.77.0.2'), patient)).toBe(true);
    expect(await ping(from('10.77.0.2'), { seconds: 0.4, intervalSeconds: 0.2 })).toBe(false);
  });
});

test('LinkCounters counts bytes of the device that has that name now', async () => {
  const counters = new LinkCounters(namespace, 'one');
  const before = counters.read();
  await ping({ namespace, device: 'one', target: '10.77.0.2' }, { seconds: 1, intervalSeconds: 0.2, bytes: 1000 });
  const after = counters.read();
  expect((after?.sent ?? 0) - (before?.sent ?? 0)).toBeGreaterThanOrEqual(1000);
  expect((after?.received ?? 0) - (before?.received ?? 0)).toBeGreaterThanOrEqual(1000);
  expect(hasDevice(namespace, 'one')).toBe(true);
  await inside(namespace, ['ip', 'link', 'delete', 'dev', 'one']);
  expect(counters.read()).toBeUndefined();
  expect(hasDevice(namespace, 'one')).toBe(false);
  await inside(namespace, ['ip', 'link', 'add', 'one', 'type', 'bridge']);
  expect(counters.read()).toEqual({ received: 0, sent: 0 });
  counters.close();
});

describe('ChangeListener', () => {
  const CHANGES = {
    routes: [
      ['ip', 'rule', 'add', 'priority', '7', 'table', '5'],
      ['ip', '-6', 'rule', 'add', 'priority', '7', 'table', '5'],
      ['ip', 'route', 'add', '192.0.2.0/24', 'dev', 'one', 'table', '5'],
      ['ip', '-6', 'route', 'add', 'fd78::/64', 'dev', 'one', 'table', '5'],
      ['ip', 'address', 'delete', '10.77.0.1/24', 'dev', 'one'],
      ['ip', '-6', 'address', 'delete', 'fd77::1/64', 'dev', 'one'],
      ['ip', 'link', 'set', 'one', 'down'],
    ],
    rules: [
      ['iptables', '-A', 'OUTPUT', '-j', 'DROP'],
      ['ip6tables', '-P', 'OUTPUT', 'DROP'],
      ['iptables', '-F'],
      ['nft', 'flush', 'ruleset'],
    ],
  } as const;
  const cases = Object.entries(CHANGES).flatMap(([topic, all]) =>
    all.map((argv) => [topic as keyof typeof CHANGES, argv.join(' '), argv] as const),
  );

  test.each(cases)('%s: %s', async (topic, _name, argv) => {
    await inside(namespace, ['iptables', '-A', 'INPUT', '-j', 'ACCEPT']); // something to flush
    const listener = new ChangeListener(topic, namespace);
    expect(listener.takeChange()).toBe(false);
    await inside(namespace, [...argv]);
    await expect.poll(() => listener.takeChange(), { timeout: 500, interval: 5 }).toBe(true);
    expect(listener.takeChange()).toBe(false);
    listener.close();
    expect(listener.takeChange()).toBe(false);
  });

  test('what does not matter is no change', async () => {
    const listener = new ChangeListener('links', namespace);
    const isOfTwo = ({ body }: Message) => parseLink(body).name === 'two';
    await inside(namespace, ['ip', 'link', 'add', 'three', 'type', 'veth', 'peer', 'name', 'four']);
    await inside(namespace, ['ip', 'link', 'set', 'three', 'up']);
    await sleep(200); // it has been told by then
    expect(listener.takeChange(isOfTwo)).toBe(false);
    await inside(namespace, ['ip', 'link', 'set', 'three', 'down', 'name', 'two']);
    await expect.poll(() => listener.takeChange(isOfTwo), { timeout: 500, interval: 5 }).toBe(true);
    listener.close();
  });

  test('more changes than it can hold are a change', async () => {
    const listener = new ChangeListener('routes', namespace);
    const lines = Array.from({ length: 5000 }, (_, index) => `route add 10.99.${index >> 8}.${index & 255} dev one`);
    await ipBatch(run, lines, { namespace });
    await expect.poll(() => listener.takeChange(() => false), { timeout: 500, interval: 5 }).toBe(true);
    listener.close();
  });
});

describe('EmbeddedResolver', () => {
  const SOCKETS = {
    UDP: 's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((address, 0))',
    TCP: 's = socket.socket(); s.bind((address, 0)); s.listen()',
  };

  test.each(Object.entries(SOCKETS))('sees 127.0.0.11 by %s, and no other address', async (_name, code) => {
    const resolver = new EmbeddedResolver(namespace);
    expect(resolver.isThere).toBe(false);
    for (const [address, seen] of [
      ['127.0.0.1', false],
      ['127.0.0.11', true],
    ] as const) {
      const program = `import socket, time; address = '${address}'; ${code}; print('ready', flush=True); time.sleep(60)`;
      const listening = spawn('ip', ['netns', 'exec', namespace.name, 'python3', '-c', program]);
      await new Promise((resolve) => listening.stdout.once('data', resolve));
      expect(resolver.isThere, address).toBe(seen);
      if (seen) resolver.shut();
      expect(resolver.isThere).toBe(false);
      listening.kill('SIGKILL');
      await until(async () => !resolver.isThere);
    }
    resolver.close();
  });
});
