import { readlinkSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/sidecar/host/command.ts';
import { readIp } from '../../src/sidecar/host/ip-by-netlink.ts';
import { type Namespace, runInside, withNamespace } from '../../src/sidecar/host/netns.ts';
import { parseBatchFailures } from '../../src/sidecar/host/repeatable-batch.ts';
import { planDirectRoutes } from '../../src/sidecar/plan/direct-routes.ts';
import { planPair } from '../../src/sidecar/plan/link.ts';
import { planTunnelHold, planTunnelRelease, planTunnelRoutes } from '../../src/sidecar/plan/tunnel-routes.ts';
import { sh } from '../support/shell.ts';
import { makeNamespace, Undo } from './wireguard-server.ts';

let undo: Undo;
let byIp: Namespace;
let byUs: Namespace;
beforeEach(async () => {
  undo = new Undo();
  [byIp, byUs] = [await makeNamespace(undo), await makeNamespace(undo)];
  for (const { path } of [byIp, byUs]) {
    const inside = (...argv: string[]) => sh('nsenter', `--net=${path}`, ...argv);
    await inside('ip', 'link', 'add', 'name', 'br', 'address', '02:00:00:00:00:01', 'type', 'bridge');
    await inside('ip', 'link', 'set', 'dev', 'br', 'up');
    await inside(
      'ip',
      'link',
      'add',
      'name',
      'wg',
      'address',
      '02:00:00:00:00:02',
      'type',
      'veth',
      'peer',
      'name',
      'wg-far',
    );
    await inside('sysctl', '-qw', 'net.ipv6.conf.wg.addr_gen_mode=1');
  }
});
afterEach(() => undo.all());

type Batch = readonly [lines: readonly string[], options?: readonly string[]];

const BY_CHANCE =
  /(?<=link\/ether )[0-9a-f:]{17}(?= brd)|NO-CARRIER,|,LOWER_UP|state \S+|linkdown |bridge forward_delay .*/g;

/** All that ip(8) can tell; not what is so by chance: MAC addresses that nobody chose, timers, and when the kernel notices that a cable is plugged. */
async function everything({ path }: Namespace): Promise<string[]> {
  const looks = ['-d link', 'address', '-4 rule', '-6 rule', '-4 route show table all', '-6 route show table all'];
  const texts = await Promise.all(looks.map((look) => sh('nsenter', `--net=${path}`, 'ip', ...look.split(' '))));
  return texts.flatMap((text) => text.split('\n').map((line) => line.replace(BY_CHANCE, '')));
}

/** @returns which lines failed, each way */
async function doBoth(lines: readonly string[], options: readonly string[]): Promise<{ ip: string[]; us: string[] }> {
  const argv = ['ip', ...options, '-batch', '-'] as const;
  const input = `${lines.join('\n')}\n`;
  expect(readIp(argv, input)).toBeDefined();
  const ip = await execa('nsenter', [`--net=${byIp.path}`, ...argv], { input, reject: false });
  const us = await runInside(run, byUs, argv, { input, okExitCodes: [1] });
  expect(us.exitCode).toBe(ip.exitCode);
  const failed = ({ exitCode, stderr }: { exitCode?: number; stderr: string }) =>
    exitCode === 0 ? [] : parseBatchFailures(stderr, lines).map(({ line }) => line);
  return { ip: failed(ip), us: failed(us) };
}

const PAIR = planPair({ hostLink: 'ksh1', containerLink: 'ksc1', mac: '02:42:ac:12:00:02', bridge: 'br' });
const ROUTES = planTunnelRoutes({
  device: 'wg',
  addresses: ['10.64.1.8/32', 'fd00:64::8/128', '10.9.0.1/24'],
  mtu: 1380,
  destinations: ['0.0.0.0/0', '::/0', '10.0.0.0/8', 'fd00:1::/64'],
});
const MANY_ROUTES = planTunnelRoutes({
  device: 'wg',
  addresses: ['10.64.1.8/32'],
  mtu: 1380,
  destinations: Array.from({ length: 1000 }, (_, index) => `10.${100 + (index >> 8)}.${index & 255}.0/24`),
});
const DIRECT = planDirectRoutes(['198.51.100.0/24', '2001:db8:1::/48'], 'wg', ['10.9.0.2', 'fd00:64::9']);

describe.each<[string, Batch[]]>([
  ['a pair on a bridge', [[PAIR], [['link set dev ksh1 type bridge_slave isolated off', 'link set dev ksh1 down']]]],
  ['a pair at once', [[PAIR, ['-force']]]],
  ['a pair that is there', [[PAIR], [PAIR], [PAIR, ['-force']]]],
  [
    'what holds traffic',
    [
      [planTunnelHold(4), ['-4', '-force']],
      [planTunnelHold(6), ['-6', '-force']],
    ],
  ],
  ['what holds it, twice', [4, 4].map((family): Batch => [planTunnelHold(4), [`-${family}`, '-force']])],
  ['a tunnel’s routes', [[ROUTES], [ROUTES, ['-force']]]],
  [
    'what holds, with routes that go',
    [
      [planTunnelHold(4), ['-4', '-force']],
      [ROUTES],
      [planTunnelHold(4), ['-4', '-force']],
      [planTunnelHold(6), ['-6', '-force']],
    ],
  ],
  [
    'and is released',
    [
      [planTunnelHold(6), ['-6', '-force']],
      [planTunnelRelease(), ['-6', '-force']],
    ],
  ],
  [
    'more routes than a socket holds answers for',
    [
      [MANY_ROUTES, ['-force']],
      [planTunnelHold(4), ['-4', '-force']],
    ],
  ],
  ['the release of nothing', [[planTunnelRelease(), ['-4', '-force']]]],
  ['routes by a gateway', [[ROUTES], [DIRECT]]],
  ['routes by a gateway that is nowhere', [[DIRECT], [DIRECT, ['-force']]]],
  [
    'devices that are not there',
    [[['link delete dev no', 'link delete dev wg', 'address replace 10.1.1.1/32 dev no'], ['-force']]],
  ],
  ['a device of a kind that this kernel may not have', [[['link add name wg0 type wireguard']]]],
  ['a device that is not there', [[['link set dev no mtu 1400 up', 'link delete dev wg']]]],
  [
    'a device that goes, and its MTU before',
    [
      [['link set dev wg mtu 1400'], []],
      [['link delete dev wg'], []],
    ],
  ],
])('%s', (_, batches) => {
  test('is what ip(8) would have made of it', async () => {
    for (const [lines, options = []] of batches) {
      const { ip, us } = await doBoth(lines, options);
      expect(us).toEqual(ip);
    }
    expect(await everything(byUs)).toEqual(await everything(byIp));
  });
});

test('a device is moved to where its descriptor leads, under its new name', async () => {
  await run(['ip', 'link', 'add', 'name', 'zmove', 'type', 'veth', 'peer', 'name', 'zstay']);
  undo.add(() => run(['ip', 'link', 'delete', 'dev', 'zstay']));
  const move = ['ip', 'link', 'set', 'dev', 'zmove', 'netns', '/proc/self/fd/3', 'name', 'tun0'] as const;
  expect(readIp(move)).toBeDefined();
  await withNamespace(byUs, (descriptor) => run(move, { files: [descriptor] }));
  expect(await sh('nsenter', `--net=${byUs.path}`, 'ip', '-o', 'link')).toContain(' tun0@');
});

test('what fails is told as ip(8) tells it', async () => {
  const inside = (...argv: string[]) => runInside(run, byUs, ['ip', ...argv], { okExitCodes: [1] });
  expect(await inside('link', 'delete', 'dev', 'no')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('No such device'),
  });
  expect(await inside('address', 'replace', '10.1.1.1/32', 'dev', 'no')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Cannot find device "no"'),
  });
  await expect(inside('link', 'set', 'dev', 'wg', 'mtu', '1')).rejects.toMatchObject({
    code: 'HOST_COMMAND_FAILED',
    message: expect.stringMatching(/^running ip link set dev wg mtu 1: Error: .*RTNETLINK answers: Invalid argument$/),
  });
});

test('what only ip(8) can do is left to it', () => {
  expect(readIp(['ip', '-json', 'address', 'show'])).toBeUndefined();
  expect(readIp(['ip', '-batch', '-'], 'link set dev br up\nlink set dev br alias ours\n')).toBeUndefined();
  expect(readIp(['nft', '-f', '-'], '')).toBeUndefined();
});

test('a namespace that is gone is none of ours to change', async () => {
  const other = { ...byUs, inode: byUs.inode + 1 };
  await expect(runInside(run, other, ['ip', 'link', 'delete', 'dev', 'wg'])).rejects.toMatchObject({
    code: 'NAMESPACE_GONE',
  });
  expect(readlinkSync('/proc/thread-self/ns/net')).toBe(readlinkSync('/proc/self/ns/net'));
});
