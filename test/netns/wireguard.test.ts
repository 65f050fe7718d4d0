import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { run } from '../../src/sidecar/host/command.ts';
import { linkNames } from '../../src/sidecar/host/ip.ts';
import { findProcesses, isSameProcess } from '../../src/sidecar/host/process.ts';
import type { TunnelPlace, TunnelRecord } from '../../src/sidecar/tunnels/tunnel.ts';
import { createWireGuard } from '../../src/sidecar/tunnels/wireguard/tunnel.ts';
import { linkNewsOf } from '../support/link-news.ts';
import {
  greetingFrom,
  INNER_V4,
  INNER_V6,
  inside,
  makeFolder,
  makeNamespace,
  startServer,
  Undo,
  uniqueName,
  until,
  type WireGuardServerAt,
} from './wireguard-server.ts';

const peerPolicy = { forbidden: async () => [], allow: [] };
const wireguard = createWireGuard({ run, peerPolicy, implementation: 'userspace' });

const configFor = (server: WireGuardServerAt, changes: { address?: string; endpoint?: string } = {}): string =>
  [
    '[Interface]',
    `PrivateKey = ${server.clientKey}`,
    `Address = ${changes.address ?? '10.2.0.2/32'}`,
    'DNS = 10.2.0.1',
    '[Peer]',
    `PublicKey = ${server.publicKey}`,
    `PresharedKey = ${server.presharedKey}`,
    'AllowedIPs = 0.0.0.0/0, ::/0',
    `Endpoint = ${changes.endpoint ?? server.address}:${server.port}`,
  ].join('\n');

const settingsFor = (...args: Parameters<typeof configFor>) =>
  wireguard.parse({ type: 'wireguard', config: new Secret(configFor(...args)) });

/** `check` only hands its addresses on. */
const ANY_CONFIG = [
  '[Interface]',
  `PrivateKey = ${'A'.repeat(43)}=`,
  'Address = 10.2.0.2',
  '[Peer]',
  `PublicKey = ${'A'.repeat(43)}=`,
  'AllowedIPs = 0.0.0.0/0',
  'Endpoint = 192.0.2.1:1',
].join('\n');

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

let undo: Undo;
beforeEach(() => {
  undo = new Undo();
});
afterEach(() => undo.all());

/** A session as Docker makes it: IPv6 off, and a default route by a wire that leads nowhere good. */
async function makeSession(): Promise<TunnelPlace> {
  const namespace = await makeNamespace(undo);
  await inside(namespace, [
    'sysctl',
    '-q',
    '-w',
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
  ]);
  await inside(namespace, ['ip', 'link', 'add', 'name', 'k-p-000000', 'type', 'veth', 'peer', 'name', 'far']);
  await inside(namespace, ['ip', 'address', 'add', '172.29.0.5/16', 'dev', 'k-p-000000']);
  await inside(namespace, ['ip', 'link', 'set', 'dev', 'k-p-000000', 'up']);
  await inside(namespace, ['ip', 'link', 'set', 'dev', 'far', 'up']);
  await inside(namespace, ['ip', 'route', 'add', 'default', 'via', '172.29.0.1']);
  const place = { hostDevice: uniqueName('kst'), folder: await makeFolder(undo), namespace };
  undo.add(() => wireguard.remove(place));
  return place;
}

const isAlive = async (place: TunnelPlace, record: TunnelRecord): Promise<boolean> => {
  const settings = wireguard.parse({ type: 'wireguard', config: new Secret(ANY_CONFIG) });
  return (await wireguard.check(place, settings, record)).state !== 'gone';
};

const hasHandshake = (place: TunnelPlace, record: TunnelRecord) =>
  until(async () => (await wireguard.observe(place, record)).latestHandshake !== undefined);

/** A wire's carrier comes a moment after the wire. */
const mainTable = async ({ namespace }: TunnelPlace) =>
  (await inside(namespace, ['ip', 'route', 'show', 'table', 'main'])).stdout.replaceAll('linkdown ', '');

const routeTo = async ({ namespace }: TunnelPlace, address: string) =>
  (await inside(namespace, ['ip', 'route', 'get', address])).stdout;

describe('a WireGuard tunnel with wireguard-go', () => {
  test('of many: the host’s limit of inotify instances is raised before others feel it', async () => {
    const [server, place, folder] = [await startServer(undo, 70), await makeSession(), await makeFolder(undo)];
    const [limit, sockets] = ['/proc/sys/fs/inotify/max_user_instances', '/var/run/wireguard'];
    await writeFile(`${folder}/limit`, '128\n'); // the real one is that of the whole machine
    await run(['mount', '--bind', `${folder}/limit`, limit]);
    undo.add(() => run(['umount', limit]));
    const others = Array.from({ length: 64 }, (_, index) => `${sockets}/another-${index}.sock`);
    undo.add(() => Promise.all(others.map((file) => rm(file, { force: true }))));
    await mkdir(sockets, { recursive: true });
    for (const file of others) await writeFile(file, '');
    const record = await wireguard.establish(place, settingsFor(server));
    expect(await readFile(limit, 'utf8')).toBe('256');
    await wireguard.remove(place, record);
  });

  test('that was prepared before there was a namespace goes into it, and carries traffic', async () => {
    const [server, { hostDevice, folder }] = [await startServer(undo, 69), await makeSession()];
    const prepared = await wireguard.prepare({ hostDevice, folder }, settingsFor(server, { address: '10.2.0.2/24' }));
    expect(linkNames()).toContain(hostDevice);
    const place = { hostDevice, folder, namespace: await makeNamespace(undo) };
    const record = await wireguard.establish(place, settingsFor(server, { address: '10.2.0.2/24' }), prepared);
    expect(record).toEqual(prepared);
    expect(linkNames()).not.toContain(hostDevice);
    await hasHandshake(place, record);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
  });

  test('carries traffic, and leaves the main table as it was', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const before = await mainTable(place);
    const record = await wireguard.establish(place, settingsFor(server, { address: '10.2.0.2/24' }));
    expect(record).toMatchObject({ kind: 'wireguard', implementation: 'userspace', pinned: ['198.18.71.2:51820'] });
    await hasHandshake(place, record);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
    expect(await mainTable(place)).toBe(before);
    expect(await routeTo(place, '192.0.2.1')).toContain('dev wg');
    expect(await isAlive(place, record)).toBe(true);
    const seen = await wireguard.observe(place, record);
    expect(seen.peerAddress).toBe('198.18.71.2:51820');
    expect(seen.latestHandshake).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(seen.receivedBytes).toBeGreaterThan(0);
    expect(seen.sentBytes).toBeGreaterThan(0);
  });

  test('once it is up its process hears no more of the host’s links, and still of its own device', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const settings = settingsFor(server, { address: '10.2.0.2/24' });
    const record = await wireguard.establish(place, settings);
    const { id = 0 } = record.process ?? {};
    expect(await linkNewsOf(id)).not.toBe(0);
    await wireguard.awaitUp(place, settings, record, { deadlineMs: 5_000, signal: new AbortController().signal });
    expect(await linkNewsOf(id)).toBe(0);
    for (const state of ['down', 'up']) await inside(place.namespace, ['ip', 'link', 'set', 'dev', 'wg', state]);
    await wireguard.repair(place, settings, {
      addresses: settings.addresses,
      dns: [],
      searchDomains: [],
      mtu: settings.mtu,
    });
    const isGreeted = () =>
      greetingFrom(place.namespace, INNER_V4).then(
        (text) => text === server.greeting,
        () => false,
      );
    await until(isGreeted);
  });

  test('has its encrypted socket on the host and nothing but its device in the session', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    await wireguard.establish(place, settingsFor(server));
    expect((await inside(place.namespace, ['cat', '/proc/net/udp'])).stdout.trim().split('\n')).toHaveLength(1);
    expect((await inside(place.namespace, ['ip', '-brief', 'link'])).stdout).toContain('wg ');
    await expect(run(['ip', 'link', 'show', 'dev', place.hostDevice])).rejects.toThrow('does not exist');
  });

  test('keeps its keys in files of root alone, and not longer than needed', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    await wireguard.establish(place, settingsFor(server));
    expect((await readdir(`${place.folder}/wg`)).sort()).toEqual(['wg.conf', 'wireguard-go.log']);
    expect((await stat(`${place.folder}/wg`)).mode & 0o777).toBe(0o700);
    expect((await stat(`${place.folder}/wg/wg.conf`)).mode & 0o777).toBe(0o600);
    expect(await readFile(`${place.folder}/wg/wg.conf`, 'utf8')).toContain(server.clientKey);
    expect(await readFile(`${place.folder}/wg/wireguard-go.log`, 'utf8')).not.toContain(server.clientKey);
  });

  test('gives two sessions the same inner address without mixing them up', async () => {
    const servers = [await startServer(undo, 71), await startServer(undo, 72)];
    const sessions = await Promise.all(servers.map(makeSession));
    const records = await Promise.all(
      sessions.map((place, index) => wireguard.establish(place, settingsFor(servers[index] as WireGuardServerAt))),
    );
    await Promise.all(sessions.map((place, index) => hasHandshake(place, records[index] as TunnelRecord)));
    const greetings = await Promise.all(sessions.map(({ namespace }) => greetingFrom(namespace, INNER_V4)));
    expect(greetings).toEqual(servers.map(({ greeting }) => greeting));
  });

  test('carries IPv6 in a container where Docker turned IPv6 off', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const record = await wireguard.establish(place, settingsFor(server, { address: '10.2.0.2/32, fd00:77::2/128' }));
    await hasHandshake(place, record);
    expect(await greetingFrom(place.namespace, INNER_V6)).toBe(server.greeting);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
    expect((await inside(place.namespace, ['ip', '-6', 'address', 'show', 'dev', 'wg'])).stdout).not.toContain('fe80');
    expect((await inside(place.namespace, ['sysctl', '-n', 'net.ipv6.conf.wg.accept_ra'])).stdout.trim()).toBe('0');
  });

  test('without an IPv6 address of its own, leaves IPv6 unreachable', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    await inside(place.namespace, ['sysctl', '-q', '-w', 'net.ipv6.conf.all.disable_ipv6=0']);
    await inside(place.namespace, ['ip', '-6', 'route', 'add', 'default', 'dev', 'k-p-000000']);
    await wireguard.establish(place, settingsFor(server));
    await expect(routeTo(place, '2001:db8::1')).rejects.toThrow('No route to host');
  });

  test('when its process is killed: not alive, nothing passes, and it can be made again', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const first = await wireguard.establish(place, settingsFor(server));
    const before = await mainTable(place);
    process.kill(first.process?.id ?? Number.NaN, 'SIGKILL');
    await until(async () => !(await isAlive(place, first)));
    await until(async () => !first.process || !isSameProcess(first.process)); // its device goes last
    await expect(routeTo(place, '192.0.2.1')).rejects.toThrow('No route to host');
    await expect(wireguard.observe(place, first)).rejects.toMatchObject({ code: 'TUNNEL_DIED' });

    const second = await wireguard.establish(place, settingsFor(server));
    await hasHandshake(place, second);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
    expect(await mainTable(place)).toBe(before);
    expect(
      (await inside(place.namespace, ['ip', 'rule', 'show'])).stdout
        .split('\n')
        .filter((rule) => /^10[01]:/.test(rule)),
    ).toHaveLength(2);
    expect(await isAlive(place, first)).toBe(false);
    expect(await isAlive(place, second)).toBe(true);
  });

  test('is replaced by another one in the same session', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const first = await wireguard.establish(place, settingsFor(server));
    const second = await wireguard.establish(place, settingsFor(server));
    expect(first.process && isSameProcess(first.process)).toBe(false);
    await hasHandshake(place, second);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
  });

  test('takes over from a device that somebody left in the session under its name', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    await inside(place.namespace, ['ip', 'link', 'add', 'name', 'wg', 'type', 'bridge']);
    const record = await wireguard.establish(place, settingsFor(server));
    await hasHandshake(place, record);
    expect(await greetingFrom(place.namespace, INNER_V4)).toBe(server.greeting);
  });

  test('remove leaves nothing, with a record or without, once or twice', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    for (const withRecord of [true, false]) {
      const record = await wireguard.establish(place, settingsFor(server));
      await wireguard.remove(place, withRecord ? record : undefined);
      await wireguard.remove(place, withRecord ? record : undefined);
      expect(findProcesses((argv) => argv.includes(place.hostDevice))).toEqual([]);
      expect(await exists(`/var/run/wireguard/${place.hostDevice}.sock`)).toBe(false);
      expect(await exists(`/sys/class/net/${place.hostDevice}`)).toBe(false);
      expect((await inside(place.namespace, ['ip', '-brief', 'link'])).stdout).not.toContain('wg');
      expect(await isAlive(place, record)).toBe(false);
    }
  });

  test('remove also takes the socket of a process that was killed', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const record = await wireguard.establish(place, settingsFor(server));
    process.kill(record.process?.id ?? Number.NaN, 'SIGKILL');
    await until(async () => !(await isAlive(place, record)));
    await wireguard.remove(place, record);
    expect(await exists(`/var/run/wireguard/${place.hostDevice}.sock`)).toBe(false);
  });

  test('undoes itself when a step inside fails', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const broken = createWireGuard({
      peerPolicy,
      implementation: 'userspace',
      run: (argv, options) => run(argv.includes('-batch') ? ['ip', 'nonsense'] : argv, options),
    });
    await expect(broken.establish(place, settingsFor(server))).rejects.toMatchObject({ code: 'TUNNEL_DEVICE_FAILED' });
    expect(findProcesses((argv) => argv.includes(place.hostDevice))).toEqual([]);
    expect(await exists(`/var/run/wireguard/${place.hostDevice}.sock`)).toBe(false);
    expect((await inside(place.namespace, ['ip', '-brief', 'link'])).stdout).not.toContain('wg');
  });

  test('says why wireguard-go did not start', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const long = { ...place, hostDevice: 'kst-name-that-is-too-long' };
    await expect(wireguard.establish(long, settingsFor(server))).rejects.toMatchObject({
      code: 'TUNNEL_DEVICE_FAILED',
      message: expect.stringContaining('Failed to create TUN device'),
    });
    const absent = createWireGuard({
      run,
      peerPolicy,
      implementation: 'userspace',
      userspaceBinary: 'wireguard-absent',
    });
    await expect(absent.establish(place, settingsFor(server))).rejects.toMatchObject({ code: 'TUNNEL_DEVICE_FAILED' });
  });

  test('refuses to make a tunnel for the host itself', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const { ino } = await stat('/proc/self/ns/net');
    const host = { ...place, namespace: { path: '/proc/self/ns/net', name: 'host', inode: ino } };
    await expect(wireguard.establish(host, settingsFor(server))).rejects.toMatchObject({ code: 'NAMESPACE_IS_HOST' });
    expect(await exists(`/sys/class/net/${place.hostDevice}`)).toBe(false);
  });

  test('follows the server when its name moves, and stays where it is while the name still stands for that', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    let answers = ['198.18.71.2'];
    const named = createWireGuard({
      run,
      peerPolicy,
      implementation: 'userspace',
      host: { lookup: async () => answers, ownAddresses: async () => [], lookupTimeoutMs: 1000 },
    });
    const settings = settingsFor(server, { endpoint: 'vpn.test' });
    const first = await named.establish(place, settings);
    await hasHandshake(place, first);
    answers = ['198.18.71.3', '198.18.71.2'];
    expect(await named.refresh(place, settings, first)).toEqual(first);
    answers = ['198.18.71.3'];
    const second = await named.refresh(place, settings, first);
    expect(second.pinned).toEqual(['198.18.71.3:51820']);
    expect((await named.observe(place, second)).peerAddress).toBe('198.18.71.3:51820');
  });

  test('a lost namespace takes the tunnel with it', async () => {
    const [server, place] = [await startServer(undo, 71), await makeSession()];
    const record = await wireguard.establish(place, settingsFor(server));
    await run(['ip', 'netns', 'delete', place.namespace.name]);
    await until(async () => !(await isAlive(place, record)));
    await wireguard.remove(place, record);
    await run(['ip', 'netns', 'add', place.namespace.name]); // for the undo
  });
});
