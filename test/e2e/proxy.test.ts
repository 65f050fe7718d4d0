import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { control, putLaunchScript, waitForState } from '../support/control.ts';
import { addressOn, docker, inContainer, inNamespace, namespaceOf, sandboxKey } from '../support/docker.ts';
import { hostState } from '../support/host-state.ts';
import {
  DRIVER,
  dropLock,
  exitAddress,
  launchScript,
  NETWORK,
  runContainer,
  startSession,
  unique,
} from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { networkLog } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const PROXY = 'kasm_proxy';
const HOME = 'kasm_default_network';
/** A page on each of the ports, with that port in it. */
const serve = (...ports: number[]): string[] => [
  'sh',
  '-c',
  `for port in ${ports.join(' ')}; do mkdir -p /var/www/$port; echo page $port > /var/www/$port/index.html; ` +
    'httpd -p $port -h /var/www/$port; done; exec sleep 3600',
];
const ask = (container: string, address: string, port: number, seconds = 2): Promise<string> =>
  exitAddress(container, { page: `http://${address}:${port}/`, seconds });

const routeTable = (container: string) => docker('exec', container, 'ip', 'route');

beforeAll(async () => {
  await docker('network', 'create', HOME);
  await docker('network', 'create', '-d', DRIVER, NETWORK);
  await runContainer(PROXY, { network: HOME, command: serve(443, 8080) });
});

describe('kasm_proxy', () => {
  test('R48: connected while it runs, it gets a NIC k-p-p-* and keeps its own default route', async () => {
    const before = (await routeTable(PROXY)).split('\n').find((line) => line.startsWith('default'));
    await docker('network', 'connect', NETWORK, PROXY);
    const links = await docker('exec', PROXY, 'ip', 'a');
    expect(links).toMatch(/\bk-p-p-[0-9a-f]+/);
    for (const [name] of links.matchAll(/\bk-p-p-[0-9a-f]+/g)) expect(name.length).toBeLessThanOrEqual(15);
    expect((await routeTable(PROXY)).split('\n').filter((line) => line.startsWith('default'))).toEqual([before]);
    expect(await addressOn(NETWORK, PROXY)).toMatch(/^\d/);
  });

  test('is not locked: it goes on as before, and is named in the log by its namespace', async () => {
    expect(await exitAddress(PROXY)).toBe('203.0.113.1');
    const namespace = await namespaceOf(PROXY);
    await waitFor('the log', async () =>
      (await networkLog()).split('\n').some((line) => line.includes(PROXY) && line.includes(namespace)),
    );
    const { body } = await control('GET', '/v1/sessions');
    const roles = body.sessions.filter(({ namespace: own }: { namespace: string }) => own === namespace);
    for (const { role } of roles) expect(role).toBe('proxy');
  });

  test('C3: its bridge end is on the network’s bridge', async () => {
    expect(await sh('ip', '-br', 'link', 'show', 'master', 'br_kasm_sidecar')).not.toBe('');
  });
});

describe('a proxy that is started on the network', () => {
  const [network, proxy] = ['with-own-proxy', unique('own-proxy')];
  const started = { network, command: serve(443) };
  beforeAll(async () => {
    await docker('network', 'create', '-d', DRIVER, '-o', `proxy=${proxy}`, network);
  });

  test('is known as such beside another container that starts at the same moment', async () => {
    const others = [unique('beside'), unique('beside')];
    await Promise.all([...others, proxy].map((name) => runContainer(name, started)));
    expect(await docker('exec', proxy, 'ip', 'a')).toMatch(/\bk-p-p-/);
    for (const name of others) expect(await docker('exec', name, 'ip', 'a')).not.toMatch(/\bk-p-p-/);
    await docker('rm', '-f', proxy, ...others);
  });

  test('keeps nothing of a tunnel that was made while nobody knew it', async () => {
    const { tunnelProcesses } = await hostState();
    await putLaunchScript(proxy, launchScript(await world.lab.gateway(1).addClient()));
    await runContainer(proxy, started);
    expect(await exitAddress(proxy, { seconds: 2 })).not.toBe('203.0.113.11');
    expect((await hostState()).tunnelProcesses).toEqual(tunnelProcesses);
    await docker('rm', '-f', proxy);
  });
});

describe('between sessions and the proxy', () => {
  const [one, two] = [unique('one'), unique('two')];
  beforeAll(async () => {
    await startSession(world.lab, one, { command: serve(6901, 4901, 22) });
    await startSession(world.lab, two, { gateway: 2, command: serve(6901) });
  });

  test('a session reaches the proxy’s port 443', async () => {
    expect(await ask(one, await addressOn(NETWORK, PROXY), 443)).toBe('page 443');
    expect(await ask(two, await addressOn(NETWORK, PROXY), 443)).toBe('page 443');
  });

  test('and no other port of the proxy, and nothing by ping', async () => {
    const proxy = await addressOn(NETWORK, PROXY);
    expect(await ask(PROXY, '127.0.0.1', 8080)).toBe('page 8080'); // it is there
    expect(await ask(one, proxy, 8080)).toBe('nowhere');
    expect((await inContainer(one, 2, 'ping', '-c', '1', '-W', '1', proxy)).exitCode).not.toBe(0);
  });

  test('the proxy reaches the session’s ports', async () => {
    const address = await addressOn(NETWORK, one);
    expect(await ask(PROXY, address, 6901)).toBe('page 6901');
    expect(await ask(PROXY, address, 4901)).toBe('page 4901');
  });

  test('a session does not reach another session', async () => {
    const address = await addressOn(NETWORK, two);
    expect(await ask(PROXY, address, 6901)).toBe('page 6901'); // positive control
    expect(await ask(one, address, 6901)).toBe('nowhere');
    expect((await inContainer(one, 2, 'ping', '-c', '1', '-W', '1', address)).exitCode).not.toBe(0);
  });

  test('both ways work in every state: blocked, failed and connected', async () => {
    const [network, name] = [unique('net'), unique('states')];
    await docker('network', 'create', '-d', DRIVER, '-o', 'deadline=2', network);
    await docker('network', 'connect', network, PROXY);
    await runContainer(name, { network, command: serve(6901) });
    const [proxy, own] = [await addressOn(network, PROXY), await addressOn(network, name)];
    for (const state of ['blocked', 'failed']) {
      await waitForState(name, state);
      expect(await ask(name, proxy, 443), state).toBe('page 443');
      expect(await ask(PROXY, own, 6901), state).toBe('page 6901');
      expect(await exitAddress(name, { seconds: 1 }), state).toBe('nowhere');
    }
    await docker('rm', '-f', name);
    await docker('network', 'disconnect', network, PROXY);
    await docker('network', 'rm', network);
  });

  describe('and the host', () => {
    const server = createServer((_, response) => response.end('the host\n'));
    let port: number;
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      port = (server.address() as AddressInfo).port;
    });
    afterAll(() => {
      server.close();
    });

    /** On its wire; by its tunnel it may reach whatever the gateway reaches. */
    const hostAddresses = async (): Promise<string[]> => [
      await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', NETWORK),
      '172.17.0.1',
      '169.254.169.254',
    ];

    test('a session does not reach the host’s services, whatever address it tries', async () => {
      expect(await sh('busybox', 'wget', '-qO-', `http://127.0.0.1:${port}/`)).toBe('the host');
      for (const address of await hostAddresses()) expect(await ask(one, address, port), address).toBe('nowhere');
    });

    test('nor when its root has dropped the inner layer: the host end of its wire keeps the same', async () => {
      const name = unique('rebel');
      await startSession(world.lab, name, { command: serve(6901) });
      await dropLock(name);
      for (const address of await hostAddresses()) expect(await ask(name, address, port), address).toBe('nowhere');
      const [proxy, own] = [await addressOn(NETWORK, PROXY), await addressOn(NETWORK, name)];
      expect(await ask(name, await addressOn(NETWORK, two), 6901)).toBe('nowhere');
      expect(await ask(name, proxy, 8080)).toBe('nowhere');
      expect(await ask(name, proxy, 443)).toBe('page 443');
      expect(await ask(PROXY, own, 6901)).toBe('page 6901');
      const gateway = (await hostAddresses())[0] ?? '';
      await inNamespace(name, 'ip', 'rule', 'add', 'priority', '1', 'to', '203.0.113.80', 'lookup', 'main');
      await inNamespace(name, 'ip', 'route', 'replace', '203.0.113.80/32', 'via', gateway);
      expect(await exitAddress(name, { seconds: 2 }), 'by its wire').toBe('nowhere');
      await inNamespace(name, 'ip', 'rule', 'delete', 'priority', '1');
      await inNamespace(name, 'ip', 'route', 'delete', '203.0.113.80/32');
      expect(await exitAddress(name)).toBe('203.0.113.11');
    });
  });
});

describe('the proxy comes and goes', () => {
  test('a session that was there first reaches it as soon as it is connected', async () => {
    const [network, name] = [unique('net'), unique('first')];
    await docker('network', 'create', '-d', DRIVER, network);
    await startSession(world.lab, name, { network });
    await docker('network', 'connect', network, PROXY);
    const proxy = await addressOn(network, PROXY);
    expect(
      await waitFor('the proxy', async () => (await ask(name, proxy, 443, 1)) === 'page 443', { timeoutMs: 3_000 }),
    ).toBe(true);
    expect(await inNamespace(name, 'iptables', '-S', 'OUTPUT')).toContain(`-d ${proxy}/32`);
    expect(await docker('exec', name, 'cat', '/etc/hosts')).not.toContain('undefined');

    await docker('network', 'disconnect', network, PROXY);
    await waitFor(
      'the proxy’s rules to go',
      async () => !(await inNamespace(name, 'iptables', '-S', 'OUTPUT')).includes(`-d ${proxy}/32`),
      { timeoutMs: 3_000 },
    );
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('with another address: the session reaches it there, also by its name', async () => {
    const [network, name] = [unique('net'), unique('moved')];
    await docker('network', 'create', '-d', DRIVER, '--subnet', '10.97.0.0/24', network);
    await docker('network', 'connect', '--ip', '10.97.0.20', network, PROXY);
    await startSession(world.lab, name, { network, run: ['-e', 'KASM_API_HOST=api.kasm'] });
    const lines = async () =>
      (await docker('exec', name, 'cat', '/etc/hosts')).split('\n').filter((l) => l.includes('api.kasm'));
    await waitFor('its line', async () => (await lines()).join() === '10.97.0.20\tapi.kasm', { timeoutMs: 3_000 });
    await docker('network', 'disconnect', network, PROXY);
    await docker('network', 'connect', '--ip', '10.97.0.30', network, PROXY);
    await waitFor('its new line alone', async () => (await lines()).join() === '10.97.0.30\tapi.kasm', {
      timeoutMs: 5_000,
    });
    expect(await ask(name, '10.97.0.30', 443)).toBe('page 443');
    await docker('rm', '-f', name);
    await docker('network', 'disconnect', network, PROXY);
  });

  test('another container that gets its old address is not trusted as the proxy', async () => {
    const [network, name, impostor] = [unique('net'), unique('victim'), unique('impostor')];
    await docker('network', 'create', '-d', DRIVER, '--subnet', '10.98.0.0/24', network);
    await docker('network', 'connect', '--ip', '10.98.0.20', network, PROXY);
    await startSession(world.lab, name, { network, command: serve(6901) });
    await docker('network', 'disconnect', network, PROXY);
    await startSession(world.lab, impostor, { network, run: ['--ip', '10.98.0.20'], command: serve(443) });
    expect(await ask(name, '10.98.0.20', 443)).toBe('nowhere');
    expect(await ask(impostor, await addressOn(network, name), 6901)).toBe('nowhere');
  });

  test('it keeps its default route whatever its own network is called', async () => {
    const [home, proxy, network] = ['zz_home', unique('zz-proxy'), unique('net')];
    await docker('network', 'create', home);
    await docker('network', 'create', '-d', DRIVER, '-o', `proxy=${proxy}`, network);
    await runContainer(proxy, { network: home, command: serve(443) });
    const before = (await routeTable(proxy)).split('\n').find((line) => line.startsWith('default'));
    await docker('network', 'connect', network, proxy);
    expect((await routeTable(proxy)).split('\n').filter((line) => line.startsWith('default'))).toEqual([before]);
    expect(await exitAddress(proxy)).toBe('203.0.113.1');
    await docker('restart', '-t', '0', proxy);
    expect((await routeTable(proxy)).split('\n').filter((line) => line.startsWith('default'))).toEqual([before]);
    expect(await exitAddress(proxy)).toBe('203.0.113.1');
  });

  test('after its restart sessions reach it again, and it them', async () => {
    const name = unique('loyal');
    await startSession(world.lab, name, { command: serve(6901) });
    const old = await sandboxKey(PROXY);
    await docker('restart', '-t', '0', PROXY);
    expect(await sandboxKey(PROXY)).not.toBe(old);
    await waitFor('the proxy', async () => (await ask(name, await addressOn(NETWORK, PROXY), 443, 1)) === 'page 443', {
      timeoutMs: 5_000,
    });
    expect(await ask(PROXY, await addressOn(NETWORK, name), 6901)).toBe('page 6901');
  });
});
