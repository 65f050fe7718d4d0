import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import type { CommandOptions, Run } from '../../../../src/sidecar/host/command.ts';
import type { TunnelPlace } from '../../../../src/sidecar/tunnels/tunnel.ts';
import { createWireGuard } from '../../../../src/sidecar/tunnels/wireguard/tunnel.ts';
import { fileAsNamespace } from '../../host/file-as-namespace.ts';
import { egress, OTHER_PUBLIC_KEY, PRESHARED_KEY, PRIVATE_KEY, PUBLIC_KEY } from './samples.ts';

const GONE = '/no/such';

/** What a kernel with WireGuard would be told: commands are written down, and answered from a table. */
let commands: string[];
let files: string[];
let answers: (command: string) => { exitCode: number; stdout?: string; stderr?: string } | undefined;
let folder: string;
let place: TunnelPlace;

const run: Run = async (argv, options: CommandOptions = {}) => {
  if (options.namespace?.path === GONE) throw new EgressError('NAMESPACE_GONE');
  const command = `${options.namespace ? 'inside: ' : ''}${argv.join(' ').replaceAll(folder, 'FOLDER')}`;
  commands.push(options.input ? `${command}\n${options.input.trim().replace(/^/gm, '  ')}` : command);
  if (command.includes('setconf')) files = await readdir(join(folder, 'wg'));
  const { exitCode, stdout = '', stderr = '' } = answers(command) ?? { exitCode: 0 };
  if (exitCode === 0 || options.okExitCodes?.includes(exitCode)) return { exitCode, stdout, stderr };
  throw new EgressError('HOST_COMMAND_FAILED', `running ${command}: ${stderr}`);
};

/** Written, and not run: this would need a real namespace. */
vi.mock('../../../../src/sidecar/host/sysctl.ts', () => ({
  setSysctlsInside: (_namespace: unknown, values: Record<string, string>) => {
    const command = `inside: sysctl ${Object.entries(values)
      .map((pair) => pair.join('='))
      .join(' ')}`;
    commands.push(command);
    if (answers(command)) throw new EgressError('HOST_COMMAND_FAILED');
  },
}));

let resolved = ['198.51.100.7'];
const host = { lookup: async () => resolved, ownAddresses: async () => [], lookupTimeoutMs: 1000 };
const create = (implementation: 'auto' | 'kernel' = 'auto') =>
  createWireGuard({ run, peerPolicy: { forbidden: async () => [], allow: [] }, implementation, host });

const settings = create().parse(
  egress(`[Interface]
PrivateKey = ${PRIVATE_KEY}
Address = 10.2.0.2/32, fd00:77::2/128
[Peer]
PublicKey = ${PUBLIC_KEY}
PresharedKey = ${PRESHARED_KEY}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = vpn.test:51820
[Peer]
PublicKey = ${OTHER_PUBLIC_KEY}
AllowedIPs = 10.9.0.0/16
Endpoint = 203.0.113.1:1
`),
);
const record = {
  kind: 'wireguard',
  implementation: 'kernel',
  pinned: ['198.51.100.7:51820', '203.0.113.1:1'],
} as const;

beforeEach(async () => {
  commands = [];
  files = [];
  answers = () => undefined;
  resolved = ['198.51.100.7'];
  folder = await mkdtemp(join(tmpdir(), 'kasm-unit-'));
  place = { hostDevice: 'kstunit', folder, namespace: await fileAsNamespace(folder) };
});
afterEach(() => rm(folder, { recursive: true }));

describe('a WireGuard tunnel of the kernel', () => {
  test('is made on the host, given its keys, moved, and only then addressed', async () => {
    expect(await create().establish(place, settings)).toEqual(record);
    expect(commands.toSorted()).toMatchInlineSnapshot(`
      [
        "inside: ip -4 -force -batch -
        route replace unreachable 0.0.0.0/0 metric 4294967295 table 51820
        rule add priority 100 table main suppress_prefixlength 0
        rule add priority 101 table 51820
        route flush table 51820 type unicast
        link delete dev kstunit
        link delete dev wg",
        "inside: ip -6 -force -batch -
        route replace unreachable ::/0 metric 4294967295 table 51820
        rule add priority 100 table main suppress_prefixlength 0
        rule add priority 101 table 51820
        route flush table 51820 type unicast",
        "inside: ip -force -batch -
        address replace 10.2.0.2/32 dev wg noprefixroute
        address replace fd00:77::2/128 dev wg nodad noprefixroute
        link set dev wg mtu 1420 up
        route replace 0.0.0.0/0 dev wg table 51820
        route replace ::/0 dev wg table 51820
        route replace 10.9.0.0/16 dev wg table 51820",
        "inside: sysctl net.ipv6.conf.wg.addr_gen_mode=1 net.ipv6.conf.wg.accept_ra=0 net.ipv6.conf.wg.disable_ipv6=0",
        "ip link add name kstunit type wireguard",
        "ip link set dev kstunit netns /proc/self/fd/3 name wg",
        "wg setconf kstunit FOLDER/wg/setconf",
      ]
    `);
    const order = ['link add', 'wg setconf', 'netns /proc/self/fd/3', 'sysctl', 'address replace'];
    const positions = order.map((part) => commands.findIndex((command) => command.includes(part)));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(positions).not.toContain(-1);
  });

  test('leaves no key in arguments, and its key file only while wg reads it', async () => {
    await create().establish(place, settings);
    expect(commands.join('\n')).not.toContain(PRIVATE_KEY);
    expect(commands.join('\n')).not.toContain(PRESHARED_KEY);
    expect(files).toContain('setconf');
    expect(await readdir(join(folder, 'wg'))).toEqual(['wg.conf']);
  });

  test.each(['wg setconf', 'ip link set', 'inside: ip -4', 'inside: ip -6', 'inside: sysctl', 'inside: ip -force'])(
    'is taken away again when %s fails',
    async (failing) => {
      answers = (command) => (command.startsWith(failing) ? { exitCode: 1, stderr: 'no' } : undefined);
      await expect(create().establish(place, settings)).rejects.toMatchObject({
        code: 'TUNNEL_DEVICE_FAILED',
        cause: expect.objectContaining({ code: 'HOST_COMMAND_FAILED' }),
      });
      expect(commands.at(-1)).toBe('inside: ip -force -batch -\n  link delete dev kstunit\n  link delete dev wg');
      expect(await readdir(join(folder, 'wg'))).toEqual(['wg.conf']);
    },
  );

  test('is insisted on by the setting `kernel`', async () => {
    answers = (command) =>
      command.includes('type wireguard') ? { exitCode: 2, stderr: 'Error: Unknown device type.' } : undefined;
    await expect(create('kernel').establish(place, settings)).rejects.toMatchObject({
      code: 'TUNNEL_DEVICE_FAILED',
      message: 'this kernel has no WireGuard',
    });
  });

  test('is not replaced by a process when the kernel has WireGuard but refuses', async () => {
    answers = (command) =>
      command.includes('type wireguard')
        ? { exitCode: 2, stderr: 'RTNETLINK answers: Operation not permitted' }
        : undefined;
    await expect(create().establish(place, settings)).rejects.toMatchObject({ code: 'TUNNEL_DEVICE_FAILED' });
  });

  test('makes nothing for a server that is refused', async () => {
    resolved = ['169.254.169.254'];
    await expect(create().establish(place, settings)).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(commands.filter((command) => !command.startsWith('inside: '))).toEqual([]);
  });

  test('is observed inside, all servers together', async () => {
    const dump = [
      `${PRIVATE_KEY}\tx\t1\toff`,
      `${PUBLIC_KEY}\t${PRESHARED_KEY}\t198.51.100.7:51820\t0.0.0.0/0\t100\t10\t20\t25`,
      `${OTHER_PUBLIC_KEY}\t(none)\t203.0.113.1:1\t10.9.0.0/16\t200\t1\t2\t25`,
    ].join('\n');
    answers = () => ({ exitCode: 0, stdout: `${dump}\n` });
    expect(await create().observe(place, record)).toEqual({
      latestHandshake: 200,
      receivedBytes: 11,
      sentBytes: 22,
      peerAddress: '203.0.113.1:1',
    });
    expect(commands).toEqual(['inside: wg show wg dump']);
  });

  test('follows a name to its new address, inside, and makes the device forget from where it has sent', async () => {
    resolved = ['198.51.100.9', '198.51.100.10'];
    expect(await create().refresh(place, settings, record)).toEqual({
      ...record,
      pinned: ['198.51.100.9:51820', '203.0.113.1:1'],
    });
    expect(commands).toEqual([
      `inside: wg set wg peer ${PUBLIC_KEY} endpoint 198.51.100.9:51820`,
      `inside: wg set wg peer ${OTHER_PUBLIC_KEY} endpoint 203.0.113.1:1`,
    ]);
  });

  test('is gone when its device is not inside any more', async () => {
    const stateAt = async (where: typeof place) => (await create().check(where, settings, record)).state;
    answers = () => ({ exitCode: 0, stdout: `${PRIVATE_KEY}\tx\t1\toff\n` });
    expect(await stateAt(place)).not.toBe('gone');
    answers = () => ({ exitCode: 1 });
    expect(await stateAt(place)).toBe('gone');
    expect(await stateAt({ ...place, namespace: { ...place.namespace, path: GONE } })).toBe('gone');
  });

  test('is removed from a namespace that stands, and needs none', async () => {
    await create().remove(place, record);
    expect(commands).toEqual(['inside: ip -force -batch -\n  link delete dev kstunit\n  link delete dev wg']);
    await create().remove({ hostDevice: 'kstunit' }, record);
    await create().remove({ hostDevice: 'kstunit', namespace: { ...place.namespace, path: GONE } }, record);
    expect(commands).toHaveLength(1);
  });
});
