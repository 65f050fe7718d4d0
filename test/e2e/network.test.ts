import { describe, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { addressOn, docker, inContainer, inNamespace, subnetOf, tryDocker } from '../support/docker.ts';
import {
  DRIVER,
  exitAddress,
  launchScript,
  NETWORK,
  NO_TUNNEL,
  runContainer,
  startSession,
  unique,
} from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

const create = (name: string, ...options: string[]): Promise<string> =>
  docker('network', 'create', '-d', DRIVER, ...options, name);

const linkExists = async (link: string): Promise<boolean> =>
  (await attempt(['ip', 'link', 'show', 'dev', link])).exitCode === 0;

const linkGone = (link: string): Promise<boolean> =>
  waitFor(`${link} to be gone`, async () => !(await linkExists(link)), { timeoutMs: 1_000, everyMs: 50 });

/** The bridge that has the network's gateway address. */
async function bridgeOf(network: string): Promise<string> {
  const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', network);
  return waitFor(`a bridge with ${gateway}`, async () => {
    const line = (await sh('ip', '-br', '-4', 'address')).split('\n').find((text) => text.includes(` ${gateway}/`));
    return line?.split(/\s+/)[0];
  });
}

const networkNames = async (): Promise<string[]> =>
  (await docker('network', 'ls', '--format', '{{.Name}}')).split('\n');

describe('a network without any option', () => {
  test('gets a subnet from the default pool, exactly one IPAM entry and the bridge br_kasm_sidecar', async () => {
    await create(NETWORK);
    const bridges = Number(await docker('network', 'inspect', '-f', '{{len .IPAM.Config}}', NETWORK));
    expect(bridges).toBe(1);
    expect(await subnetOf(NETWORK)).toMatch(/^\d+\.\d+\.\d+\.\d+\/\d+$/);
    await waitFor('br_kasm_sidecar', () => linkExists('br_kasm_sidecar'), { timeoutMs: 1_000, everyMs: 50 });
    expect(await bridgeOf(NETWORK)).toBe('br_kasm_sidecar');
    expect(await sh('ip', '-d', 'link', 'show', 'dev', 'br_kasm_sidecar')).toMatch(/\bbridge\b/);
  });

  test('can be removed, and its bridge is gone', async () => {
    await docker('network', 'rm', NETWORK);
    await linkGone('br_kasm_sidecar');
  });

  test('can be created again at once', async () => {
    await create(NETWORK);
    await docker('network', 'rm', NETWORK);
    await create(NETWORK);
    expect(await bridgeOf(NETWORK)).toMatch(/^br_ks|^br_kasm_sidecar$/);
    await docker('network', 'rm', NETWORK);
    await linkGone('br_kasm_sidecar');
  });
});

describe('several networks', () => {
  test('stand side by side, each with a bridge of its own', async () => {
    const names = [NETWORK, unique('net'), unique('net')];
    for (const name of names) await create(name);
    await waitFor('br_kasm_sidecar', () => linkExists('br_kasm_sidecar'), { timeoutMs: 1_000, everyMs: 50 });
    const bridges = await Promise.all(names.map(bridgeOf));
    expect(new Set(bridges).size).toBe(3);
    expect(bridges[0]).toBe('br_kasm_sidecar');
    for (const bridge of bridges.slice(1)) expect(bridge).toMatch(/^br_ks_/);
    expect(new Set(await Promise.all(names.map(subnetOf))).size).toBe(3);

    const containers = names.map(() => unique('side'));
    for (const [index, network] of names.entries())
      await startSession(world.lab, containers[index] ?? '', { network, gateway: 1 + (index % 2) });
    expect(await Promise.all(containers.map((container) => exitAddress(container)))).toEqual([
      '203.0.113.11',
      '203.0.113.12',
      '203.0.113.11',
    ]);
    await docker('rm', '-f', ...containers);
    for (const name of names) await docker('network', 'rm', name);
    for (const bridge of bridges) await linkGone(bridge);
  });
});

describe('options', () => {
  test('bridge: the host’s bridge has that name', async () => {
    const name = unique('net');
    await create(name, '-o', 'bridge=br-mine');
    expect(await bridgeOf(name)).toBe('br-mine');
    await docker('network', 'rm', name);
    await linkGone('br-mine');
  });

  test('policy=optional: a container without a launch script gets the host’s way out', async () => {
    const [network, container] = [unique('net'), unique('optional')];
    await create(network, '-o', 'policy=optional');
    await runContainer(container, { network });
    await waitForState(container, 'connected');
    expect(await exitAddress(container)).toBe('203.0.113.1');
  });

  test('policy=required, also by default: it gets none', async () => {
    for (const options of [['-o', 'policy=required'], []]) {
      const [network, container] = [unique('net'), unique('required')];
      await create(network, ...options);
      await runContainer(container, { network });
      await waitForState(container, 'blocked');
      expect(await exitAddress(container, { seconds: 2 })).toBe('nowhere');
    }
  });

  test('deadline: without a launch script the session has failed by then, with a reason that says so', async () => {
    const [network, container] = [unique('net'), unique('late')];
    await create(network, '-o', 'deadline=2');
    await runContainer(container, { network });
    await waitForState(container, 'blocked');
    const { reason } = await waitForState(container, 'failed', 4_000);
    expect(reason.message).toMatch(/launch script/);
    expect(await exitAddress(container, { seconds: 1 })).toBe('nowhere');
  });

  test('proxy and proxy_port: sessions reach that container on those ports, and on no other', async () => {
    const [network, proxy, container] = [unique('net'), unique('my-proxy'), unique('client')];
    await create(network, '-o', `proxy=${proxy}`, '-o', 'proxy_port=8443,9443');
    const serve =
      'for port in 443 8443 9443; do httpd -p $port -h /var/www; done; echo proxy > /var/www/index.html; sleep 3600';
    await runContainer(proxy, { network: 'bridge', command: ['sh', '-c', serve] });
    await docker('network', 'connect', network, proxy);
    await startSession(world.lab, container, { network });
    const address = await addressOn(network, proxy);
    const ask = (port: number) => exitAddress(container, { page: `http://${address}:${port}/`, seconds: 2 });
    expect([await ask(8443), await ask(9443), await ask(443)]).toEqual(['proxy', 'proxy', 'nowhere']);
    const rules = await inNamespace(container, 'iptables', '-S', 'OUTPUT');
    expect(rules).toMatch(new RegExp(`-d ${address}/32 .*--dport 8443 `));
    expect(rules).toMatch(new RegExp(`-d ${address}/32 .*--dport 9443 `));
  });

  test.each([
    ['an unknown option', 'polcy=required', 'polcy'],
    ['an option of another driver', 'com.docker.network.bridge.name=br0', 'com.docker.network.bridge.name'],
    ['a policy that does not exist', 'policy=maybe', 'policy'],
    ['a port that is none', 'proxy_port=https', 'proxy_port'],
    ['port 0', 'proxy_port=0', 'proxy_port'],
    ['a port that is too high', 'proxy_port=443,65536', 'proxy_port'],
    ['a proxy that is no name', 'proxy=-rm', 'proxy'],
    ['a bridge that Linux has no room for', 'bridge=a-very-long-bridge-name', 'bridge'],
    ['a bridge that is a path', 'bridge=../../etc', 'bridge'],
    ['the bridge of another network', 'bridge=docker0', 'bridge'],
    ['a deadline of 0', 'deadline=0', 'deadline'],
    ['a deadline in words', 'deadline=soon', 'deadline'],
  ])('%s fails the creation, which names it', async (_, option, named) => {
    const name = unique('bad');
    const before = await sh('ip', '-br', 'link');
    const { exitCode, stderr } = await tryDocker('network', 'create', '-d', DRIVER, '-o', option, name);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(named);
    expect(await networkNames()).not.toContain(name);
    expect(await sh('ip', '-br', 'link')).toBe(before);
  });

  test('every wrong option is named at once', async () => {
    const { stderr } = await tryDocker(
      'network',
      'create',
      '-d',
      DRIVER,
      '-o',
      'policy=x',
      '-o',
      'deadline=x',
      unique('bad'),
    );
    expect(stderr).toContain('policy');
    expect(stderr).toContain('deadline');
  });
});

describe('Docker’s own options', () => {
  test('--subnet and --gateway, and a container’s own --ip', async () => {
    const [network, container] = [unique('net'), unique('given')];
    await create(network, '--subnet', '10.99.0.0/24', '--gateway', '10.99.0.9');
    await startSession(world.lab, container, { network, run: ['--ip', '10.99.0.50'] });
    expect(await docker('exec', container, 'ip', 'route')).toMatch(/^default via 10\.99\.0\.9 dev k-p-[0-9a-f]{6}/m);
    expect(await docker('exec', container, 'ip', 'address')).toContain('inet 10.99.0.50/24');
    expect(await exitAddress(container)).toBe('203.0.113.11');
  });

  test('a container’s own --mac-address', async ({ skip }) => {
    const [network, container, mac] = [unique('net'), unique('mac'), '02:42:0a:63:00:32'];
    await create(network);
    await putLaunchScript(container, launchScript(await world.lab.gateway(1).addClient()));
    const { exitCode, stderr } = await tryDocker(
      ...['run', '-d', '--name', container, '--network', network, '--mac-address', mac, 'bb:latest'],
    );
    skip(stderr.includes('requires API version'), 'this docker client cannot tell this engine a MAC address');
    expect([exitCode, stderr]).toEqual([0, '']);
    await waitForState(container, 'connected');
    expect(await docker('exec', container, 'ip', 'link')).toContain(`link/ether ${mac}`);
    expect(await exitAddress(container)).toBe('203.0.113.11');
  });

  test('--ipv6: the wire has an address of each family, and neither leaves past the tunnel', async () => {
    const [network, container] = [unique('net'), unique('six')];
    await create(network, '--ipv6', '--subnet', 'fd00:99::/64');
    await startSession(world.lab, container, { network });
    const wire = await docker('exec', container, 'ip', '-6', 'address');
    expect(wire).toMatch(/k-p-[0-9a-f]{6}[\s\S]*inet6 fd00:99::/);
    expect(await exitAddress(container)).toBe('203.0.113.11');
    expect(await exitAddress(container, { page: 'http://[2001:db8:113::80]/', seconds: 2 })).toBe('nowhere');
    expect(await inNamespace(container, 'ip6tables', '-S')).toContain('-P OUTPUT DROP');
  });

  test('--internal: no way out but a tunnel', async () => {
    const [network, plain, tunnelled] = [unique('net'), unique('plain'), unique('tunnelled')];
    await create(network, '--internal');
    await putLaunchScript(plain, NO_TUNNEL);
    await runContainer(plain, { network });
    await startSession(world.lab, tunnelled, { network });
    expect(await exitAddress(plain, { seconds: 2 })).toBe('nowhere');
    expect(await exitAddress(tunnelled)).toBe('203.0.113.11');
  });
});

test('a container has its wire, its tunnel and lo: Docker adds no network of its own', async () => {
  const [network, container] = [unique('net'), unique('bare')];
  await create(network);
  await startSession(world.lab, container, { network });
  const links = (await docker('exec', container, 'ip', '-o', 'link'))
    .split('\n')
    .map((line) => line.split(/:\s+|@/)[1]);
  expect(links.sort()).toEqual([expect.stringMatching(/^k-p-[0-9a-f]{6}$/), 'lo', 'wg']);
  const kind = await inNamespace(container, 'ip', '-br', 'link', 'show', 'type', 'veth');
  expect(kind).toMatch(/^k-p-/); // Kasm's images look at veths only
});

test('a network that containers use cannot be removed, and they go on', async () => {
  const [network, container] = [unique('net'), unique('user')];
  await create(network);
  await startSession(world.lab, container, { network });
  expect((await tryDocker('network', 'rm', network)).exitCode).not.toBe(0);
  expect(await exitAddress(container)).toBe('203.0.113.11');
  expect((await inContainer(container, 2, 'hostname', '-i')).stdout).toBe(await addressOn(network, container));
});
