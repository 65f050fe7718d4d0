import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { newKeyPair } from '../../lab/keys.ts';
import { control, putLaunchScript, session, waitForState } from '../support/control.ts';
import { addressOn, docker, inContainer, inNamespace, namespaceOf, subnetOf } from '../support/docker.ts';
import {
  DRIVER,
  exitAddress,
  exitAddress6,
  launchScript,
  NETWORK,
  NO_TUNNEL,
  runContainer,
  startSession,
  unique,
} from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { modeOf, networkLog, RUN_FOLDER } from '../support/sidecar.ts';
import { staysTrue, waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const PROXY = 'kasm_proxy';
const PROFILES = '/etc/kasm-sidecar/profiles';

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
  await docker('network', 'create', 'kasm_default_network');
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
});

const newClient = (gateway = 1) => world.lab.gateway(gateway).addClient();

describe('a launch script finds its container', () => {
  test('by name, before the container starts; the site sees gateway 1', async () => {
    const name = unique('before');
    await startSession(world.lab, name, { gateway: 1 });
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('by name, after the container has started; the site sees gateway 2', async () => {
    const name = unique('after');
    await runContainer(name);
    await waitForState(name, 'blocked');
    await putLaunchScript(name, launchScript(await newClient(2)));
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('by its full id', async () => {
    const id = await runContainer(unique('by-id'));
    await putLaunchScript(id, launchScript(await newClient()));
    await waitForState(id, 'connected');
    expect(await exitAddress(id)).toBe('203.0.113.11');
  });

  test('by the first 12 digits of its id', async () => {
    const id = (await runContainer(unique('by-short-id'))).slice(0, 12);
    await putLaunchScript(id, launchScript(await newClient()));
    await waitForState(id, 'connected');
    expect(await exitAddress(id)).toBe('203.0.113.11');
  });

  test('by id, when it was created and is started later', async () => {
    const id = await docker('create', '--name', unique('created'), '--network', NETWORK, 'bb:latest');
    await putLaunchScript(id, launchScript(await newClient(2)));
    await docker('start', id);
    await waitForState(id, 'connected');
    expect(await exitAddress(id)).toBe('203.0.113.12');
  });

  test('by the key among its endpoint’s driver-opts', async () => {
    const [name, key] = [unique('by-opt'), unique('key')];
    await putLaunchScript(key, launchScript(await newClient(2)));
    await docker('run', '-d', '--name', name, '--network', `name=${NETWORK},driver-opt=launch=${key}`, 'bb:latest');
    const { key: used } = await waitForState(name, 'connected');
    expect(used).toBe(key);
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('by its label and a profile file', async () => {
    const name = unique('by-label');
    await mkdir(PROFILES, { recursive: true });
    await writeFile(`${PROFILES}/office.json`, JSON.stringify(launchScript(await newClient(2))), { mode: 0o600 });
    await runContainer(name, { run: ['--label', 'kasm.egress=office'] });
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('and a label whose profile is missing leaves it blocked, with a reason that names it', async () => {
    const [network, name] = [unique('net'), unique('no-profile')];
    await docker('network', 'create', '-d', DRIVER, '-o', 'deadline=3', network);
    await runContainer(name, { network, run: ['--label', 'kasm.egress=nobody-wrote-this'] });
    const { reason } = await waitForState(name, 'failed', 6_000);
    expect(reason.message).toMatch(/nobody-wrote-this/);
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
  });

  test('the driver-opt goes before the name', async () => {
    const [name, key] = [unique('both'), unique('key')];
    await putLaunchScript(name, launchScript(await newClient(1)));
    await putLaunchScript(key, launchScript(await newClient(2)));
    await docker('run', '-d', '--name', name, '--network', `name=${NETWORK},driver-opt=launch=${key}`, 'bb:latest');
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });
});

describe('a launch script of a running session', () => {
  test('sent again changes nothing', async () => {
    const name = unique('again');
    const client = await startSession(world.lab, name);
    const before = (await session(name)).body;
    await putLaunchScript(name, launchScript(client));
    await staysTrue('the session', 1_000, async () => (await session(name)).body.since === before.since);
    const after = (await session(name)).body;
    expect([after.state, after.tunnel.process_id]).toEqual(['connected', before.tunnel.process_id]);
  });

  test('with another gateway moves it there', async () => {
    const name = unique('moved');
    await startSession(world.lab, name, { gateway: 1 });
    await putLaunchScript(name, launchScript(await newClient(2)));
    await waitFor('gateway 2', async () => (await exitAddress(name)) === '203.0.113.12');
    expect((await session(name)).body.tunnel.peer_address).toMatch(/^203\.0\.113\.12/);
  });

  test('when it is deleted, blocks it', async () => {
    const name = unique('deleted');
    await startSession(world.lab, name);
    expect((await control('DELETE', `/v1/launch-scripts/${name}`)).status).toBeLessThan(300);
    await waitForState(name, 'blocked');
    expect(await exitAddress(name, { seconds: 2 })).toBe('nowhere');
  });

  test('disconnect cuts it, reconnect brings it back', async () => {
    const name = unique('cut');
    await startSession(world.lab, name);
    await control('POST', `/v1/sessions/${name}/disconnect`);
    await waitForState(name, 'blocked');
    expect(await exitAddress(name, { seconds: 2 })).toBe('nowhere');
    await control('POST', `/v1/sessions/${name}/reconnect`);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });
});

describe('a session that had the host’s way out and Docker’s resolver', () => {
  /** 127.0.0.11 as the kernel shows it. */
  const dockersResolver = async (name: string) =>
    (await inNamespace(name, 'cat', '/proc/net/udp')).includes('0B00007F:');

  test.each<[string, (name: string) => ReturnType<typeof control>]>([
    ['is cut', (name) => control('POST', `/v1/sessions/${name}/disconnect`)],
    ['loses its launch script', (name) => control('DELETE', `/v1/launch-scripts/${name}`)],
  ])('has neither when it %s', async (_, act) => {
    const name = unique('plain');
    await putLaunchScript(name, NO_TUNNEL);
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await dockersResolver(name)).toBe(true);
    await act(name);
    await waitForState(name, 'blocked');
    await waitFor('the resolver to be closed', async () => !(await dockersResolver(name)));
  });
});

describe('a session as its documents show it', () => {
  const name = 'documented';
  const sessionId = '5f0c3f6e-0000-4000-8000-000000000001';
  let wire: string;
  let subnet: string;
  let own: string;
  let proxy: string;

  beforeAll(async () => {
    await startSession(world.lab, name, {
      run: ['-e', 'KASM_API_HOST=proxy', '--hostname', '505c32d766d9'],
      client: { ipv6: true },
      script: { session_id: sessionId },
    });
    wire = (await docker('exec', name, 'ip', '-o', 'link')).match(/k-p-[0-9a-f]+/)?.[0] ?? '';
    subnet = await subnetOf(NETWORK);
    own = await addressOn(NETWORK, name);
    proxy = await addressOn(NETWORK, PROXY);
  });

  test('R44: SandboxKey gives a name of 12 hex digits', async () => {
    expect(await namespaceOf(name)).toMatch(/^[0-9a-f]{12}$/);
  });

  test('R49: its wire is k-p- and six hex digits', () => {
    expect(wire).toMatch(/^k-p-[0-9a-f]{6}$/);
  });

  test('R50: its main table has the default route by the wire, and the subnet', async () => {
    const routes = (await inNamespace(name, 'ip', 'route')).split('\n').map((line) => line.trim());
    const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', NETWORK);
    expect(routes).toEqual([
      `default via ${gateway} dev ${wire}`,
      `${subnet} dev ${wire} proto kernel scope link src ${own}`,
    ]);
    expect(await docker('exec', name, 'ip', 'route', 'get', '1.1.1.1')).toMatch(/ src \d/); // Kasm's web filter
  });

  test('R52: /etc/hosts knows KASM_API_HOST by the proxy’s address, and the container itself', async () => {
    const hosts = async () => (await docker('exec', name, 'cat', '/etc/hosts')).replace(/[ \t]+/g, ' ').split('\n');
    // Docker 26.1 writes the file once more while the container's process starts; the sidecar puts its line back.
    await waitFor('the proxy’s line', async () => (await hosts()).includes(`${proxy} proxy`), { timeoutMs: 3_000 });
    expect(await hosts()).toContain(`${own} 505c32d766d9`);
    expect((await docker('exec', name, 'hostname', '-i')).trim()).toBe(own);
    expect(await docker('exec', name, 'env')).toContain('KASM_API_HOST=proxy');
  });

  /** What `iptables -S` prints, without our comments. */
  const rulesOf = async (program: string, chain: string): Promise<string[]> =>
    (await inNamespace(name, program, '-S', chain))
      .split('\n')
      .map((line) => line.replace(/ -m comment --comment ("[^"]*"|\S+)/, '').trim())
      .filter(Boolean);

  /** In this order, whatever stands between them. */
  const inOrder = (rules: readonly string[], wanted: readonly string[]): string[] =>
    rules.filter((rule) => wanted.includes(rule));

  test('R55–R60: INPUT has the rows in their order, under policy DROP', async () => {
    const rules = await rulesOf('iptables', 'INPUT');
    const wanted = [
      '-P INPUT DROP',
      `-A INPUT -s ${proxy}/32 -i ${wire} -j ACCEPT`,
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -i tun0 -j ACCEPT',
      '-A INPUT -i wg -j ACCEPT',
      `-A INPUT -s ${subnet} -j ACCEPT`,
      '-A INPUT -s 203.0.113.11/32 -j ACCEPT',
    ];
    expect(inOrder(rules, wanted)).toEqual(wanted);
  });

  test('R61–R63: OUTPUT has the rows in their order, under policy DROP', async () => {
    const rules = await rulesOf('iptables', 'OUTPUT');
    const wanted = [
      '-P OUTPUT DROP',
      `-A OUTPUT -d ${proxy}/32 -o ${wire} -p tcp -m tcp --dport 443 -j ACCEPT`,
      '-A OUTPUT -o lo -j ACCEPT',
      '-A OUTPUT -o tun0 -j ACCEPT',
      '-A OUTPUT -o wg -j ACCEPT',
      `-A OUTPUT -d ${subnet} -j ACCEPT`,
      '-A OUTPUT -d 203.0.113.11/32 -j ACCEPT',
    ];
    expect(inOrder(rules, wanted)).toEqual(wanted);
  });

  test('FORWARD and all of IPv6 are dropped, too', async () => {
    expect(await rulesOf('iptables', 'FORWARD')).toEqual(['-P FORWARD DROP']);
    for (const chain of ['INPUT', 'FORWARD', 'OUTPUT'])
      expect((await rulesOf('ip6tables', chain))[0]).toBe(`-P ${chain} DROP`);
  });

  test('R54: the documented listing works', async () => {
    expect(await inNamespace(name, 'iptables', '-L', '-v', '-n')).toMatch(/Chain INPUT[\s\S]*Chain OUTPUT/);
  });

  test('R65: its tunnel is called wg, and both address families leave by it', async () => {
    expect(await inNamespace(name, 'ip', '-br', 'address', 'show', 'dev', 'wg')).toMatch(/10\.64\.1\.\d+\/32/);
    expect(await exitAddress(name)).toBe('203.0.113.11');
    expect(await exitAddress6(name)).toBe('2001:db8:113::11');
  });

  test('R42, R45: its files are below /var/run/kasm-sidecar/<namespace>, for root only', async () => {
    const folder = `${RUN_FOLDER}/${await namespaceOf(name)}`;
    expect(await modeOf(folder)).toBe('0700 0:0');
    expect(await modeOf(`${folder}/wg`)).toBe('0700 0:0');
    expect(await modeOf(`${folder}/wg/wg.conf`)).toBe('0600 0:0');
    expect(await readFile(`${folder}/wg/wg.conf`, 'utf8')).toMatch(/\[Interface\][\s\S]*\[Peer\]/);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const mode = await modeOf(`${entry.parentPath}/${entry.name}`);
      if (entry.isDirectory()) expect(mode, entry.name).toBe('0700 0:0');
      else if (entry.isFile()) expect(mode, entry.name).toBe('0600 0:0');
    }
  });

  test('R39, R43, C1: the network log tells its story, line by line, and has both its names', async () => {
    const namespace = await namespaceOf(name);
    const lines = (await networkLog()).split('\n').filter(Boolean);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| [A-Z]+ \| [^|]+ \| .+/);
    const own = lines.filter((line) => line.includes(namespace));
    expect(own.some((line) => line.includes(sessionId))).toBe(true);
    expect(
      own.some((line) => line.includes(wire)),
      'the wire',
    ).toBe(true);
    expect(
      own.some((line) => /iptables|lock/i.test(line)),
      'the rules',
    ).toBe(true);
    expect(
      own.some((line) => /connected/i.test(line)),
      'the tunnel',
    ).toBe(true);
    expect(await readlink('/var/log/kasm-sidecar/network-sidecar.log')).toMatch(/network_sidecar\.log$/);
  });

  test('R41: the plugin log tells which container was connected by Docker', async () => {
    const log = await readFile('/var/log/kasm-sidecar/plugin.log', 'utf8');
    const endpoint = await docker(
      'inspect',
      '-f',
      `{{(index .NetworkSettings.Networks "${NETWORK}").EndpointID}}`,
      name,
    );
    expect(log).toContain(endpoint.slice(0, 12));
    expect(log).toMatch(/Join/);
  });

  test('the log folder is not for everybody', async () => {
    expect(await modeOf('/var/log/kasm-sidecar')).toMatch(/^07[05]0 0:0$/);
  });
});

describe('what a provider’s file may bring', () => {
  test('line ends of Windows', async () => {
    const name = unique('crlf');
    await startSession(world.lab, name, { client: { crlf: true } });
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('hooks: none runs, and each is named in the answer', async () => {
    const name = unique('hooks');
    const client = await world.lab.gateway(1).addClient({ hooks: true });
    const { body } = await putLaunchScript(name, launchScript(client));
    const directives = body.notices.map(({ directive }: { directive: string }) => directive);
    expect(directives).toEqual(expect.arrayContaining(['PreUp', 'PostUp', 'PreDown', 'PostDown']));
    await runContainer(name);
    await waitForState(name, 'connected');
    await docker('rm', '-f', name);
    expect((await attempt(['test', '-e', '/tmp/kasmlab-hook-ran'])).exitCode).toBe(1);
  });

  test('no private key, which the credential has', async () => {
    const name = unique('credential');
    const client = await world.lab.gateway(1).addClient({ withoutPrivateKey: true });
    await putLaunchScript(name, launchScript(client, { credential: { private_key: client.privateKey } }));
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('another private key than the credential’s, which wins', async () => {
    const name = unique('key-wins');
    const client = await newClient();
    const config = client.text.replace(client.privateKey, newKeyPair().privateKey);
    await putLaunchScript(name, launchScript(client, { config, credential: { private_key: client.privateKey } }));
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('a preshared key, an MTU, and the server by its name, which the host resolves', async () => {
    const name = unique('by-name');
    await startSession(world.lab, name, {
      gateway: 2,
      client: { presharedKey: true, mtu: 1300, endpoint: 'gw2.test' },
    });
    expect(await exitAddress(name)).toBe('203.0.113.12');
    expect(await inNamespace(name, 'ip', 'link', 'show', 'dev', 'wg')).toContain('mtu 1300');
    expect(world.lab.resolver.queries()).toContain('gw2.test');
    expect(world.lab.gateway(2).queries()).not.toContain('gw2.test');
  });

  test('allowed ranges: the rest goes nowhere, never past the tunnel', async () => {
    const name = unique('ranges');
    await startSession(world.lab, name, { client: { allowedIps: ['203.0.113.80/32', '10.64.1.0/24'] } });
    expect(await exitAddress(name)).toBe('203.0.113.11');
    expect((await inContainer(name, 2, 'ping', '-c', '1', '203.0.113.254')).exitCode).not.toBe(0);
  });

  test.each([
    ['the host’s own address', '203.0.113.1'],
    ['loopback', '127.0.0.1'],
    ['link-local', '169.254.7.7'],
    ['the metadata service', '169.254.169.254'],
    ['multicast', '224.0.0.1'],
    ['Docker’s own bridge', '172.17.0.1'],
    ['a name for the host', 'host.test'],
    ['a name for loopback', 'loopback.test'],
    ['a name for the metadata service', 'metadata.test'],
  ])('a server that is %s is refused', async (_, endpoint) => {
    const name = unique('refused');
    const client = await world.lab.gateway(1).addClient({ endpoint });
    const script = launchScript(client, {}, { deadline_seconds: 5 });
    const { status, body } = await control('PUT', `/v1/launch-scripts/${name}`, script);
    if (status !== 202) {
      expect([status, body.code]).toEqual([422, 'ENDPOINT_REFUSED']);
      return;
    }
    await runContainer(name);
    const { reason } = await waitForState(name, 'failed', 8_000);
    expect(reason.code).toBe('ENDPOINT_REFUSED');
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
  });
});

describe('a session without its tunnel', () => {
  test('is blocked before its launch script comes, fails at its deadline, and connects when one comes after all', async () => {
    const [network, name] = [unique('net'), unique('patient')];
    await docker('network', 'create', '-d', DRIVER, '-o', 'deadline=4', network);
    await runContainer(name, { network });
    await waitForState(name, 'blocked');
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    await waitForState(name, 'failed', 8_000);
    await putLaunchScript(name, launchScript(await newClient()));
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('whose server is silent has failed at its deadline, stays blocked, and can be tried again', async () => {
    const name = unique('silent');
    await world.lab.gateway(2).cut();
    await putLaunchScript(name, launchScript(await newClient(2), {}, { deadline_seconds: 3 }));
    const began = Date.now();
    await runContainer(name);
    const { reason } = await waitForState(name, 'failed', 10_000);
    expect(Date.now() - began).toBeLessThan(9_000);
    expect(reason.code).toBe('HANDSHAKE_TIMEOUT');
    expect(reason.message.length).toBeGreaterThan(10);
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    await world.lab.gateway(2).restore();
    await control('POST', `/v1/sessions/${name}/reconnect`);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('whose key the server does not know fails, too', async () => {
    const name = unique('stranger');
    const client = await newClient();
    const config = client.text.replace(client.privateKey, newKeyPair().privateKey);
    await putLaunchScript(name, launchScript(client, { config }, { deadline_seconds: 3 }));
    await runContainer(name);
    await waitForState(name, 'failed', 10_000);
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
  });

  test('whose gateway dies under it is cut off, while another goes on, and is back when the gateway is', async () => {
    const [dying, living] = [unique('dying'), unique('living')];
    await startSession(world.lab, dying, { gateway: 1 });
    await startSession(world.lab, living, { gateway: 2 });
    await world.lab.gateway(1).cut();
    expect(await exitAddress(dying, { seconds: 3 })).toBe('nowhere');
    expect(await exitAddress(living)).toBe('203.0.113.12');
    await world.lab.gateway(1).restore();
    expect(await waitFor('the gateway', async () => (await exitAddress(dying)) === '203.0.113.11')).toBe(true);
  });

  test('type none: no way to a container on another of Docker’s networks, whatever its bridge is called', async () => {
    const [network, other, direct] = [unique('own-bridge'), unique('bystander'), unique('direct')];
    await docker('network', 'create', '-o', 'com.docker.network.bridge.name=mybridge0', network);
    await runContainer(other, { network, command: ['httpd', '-f', '-p', '80', '-h', '/'] });
    const address = await addressOn(network, other);
    const canReach = async (...from: [string, ...string[]]) =>
      (await attempt([...from, 'timeout', '2', 'wget', '-qO-', `http://${address}/etc/passwd`])).exitCode === 0;
    await waitFor('the control: the host itself can', () => canReach('busybox'));
    await putLaunchScript(direct, NO_TUNNEL);
    await runContainer(direct);
    await waitForState(direct, 'connected');
    expect(await exitAddress(direct)).toBe('203.0.113.1');
    expect(await canReach('docker', 'exec', direct)).toBe(false);
    await docker('rm', '-f', other);
    await docker('network', 'rm', network);
  });

  test('that is wanted so (type none) leaves by the host', async () => {
    const name = unique('none');
    await putLaunchScript(name, NO_TUNNEL);
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.1');
  });

  test('destinations in `allow` are reached past the tunnel, and nothing else is', async () => {
    const name = unique('allow');
    await startSession(world.lab, name, { egress: { allow: ['203.0.113.80/32'] } });
    expect(await exitAddress(name)).toBe('203.0.113.1');
    const { stdout } = await inContainer(name, 3, 'nslookup', 'exit.test', '10.64.1.1');
    expect(stdout).toContain('203.0.113.11');
  });
});

describe('names', () => {
  const lookup = async (container: string, name: string) => (await inContainer(container, 4, 'nslookup', name)).stdout;

  test('are resolved by the tunnel’s resolver, and the host’s is never asked', async () => {
    const [name, secret] = [unique('resolver'), `${unique('only-inside')}.test`];
    await startSession(world.lab, name, { gateway: 2 });
    expect(await lookup(name, 'exit.test')).toContain('203.0.113.12');
    await lookup(name, secret);
    expect(world.lab.gateway(2).queries()).toContain(secret);
    expect(world.lab.resolver.queries()).not.toContain(secret);
    expect(await exitAddress(name, { page: 'http://site.test/' })).toBe('203.0.113.12');
  });

  test('Docker’s own resolver is no way around it', async () => {
    const [name, secret] = [unique('embedded'), `${unique('by-docker')}.test`];
    await startSession(world.lab, name);
    await inContainer(name, 3, 'nslookup', secret, '127.0.0.11');
    await inContainer(name, 3, 'nslookup', secret, '203.0.113.53');
    const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', NETWORK);
    await inContainer(name, 3, 'nslookup', secret, gateway);
    // Asked by its address, the host's resolver may be reached through the tunnel: then gateway 1 asks, not the host.
    const askers = (await readFile('/run/kasmlab/resolver-queries.log', 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`${secret} from`))
      .map((line) => line.split(' from ')[1]);
    for (const asker of askers) expect(asker).toBe('203.0.113.11');
  });

  test('are not resolved before the tunnel stands', async () => {
    const [name, secret] = [unique('early'), `${unique('too-early')}.test`];
    await runContainer(name);
    await waitForState(name, 'blocked');
    await inContainer(name, 3, 'nslookup', secret);
    await inContainer(name, 3, 'nslookup', secret, '127.0.0.11');
    expect(world.lab.resolver.queries()).not.toContain(secret);
  });

  test('the launch script’s resolvers go before the config’s', async () => {
    const name = unique('own-dns');
    await startSession(world.lab, name, { client: { dns: ['10.64.1.99'] }, egress: { dns: ['10.64.1.1'] } });
    expect(await docker('exec', name, 'cat', '/etc/resolv.conf')).toMatch(/^nameserver 10\.64\.1\.1$/m);
    expect(await lookup(name, 'exit.test')).toContain('203.0.113.11');
  });

  test('a search domain of the config completes short names', async () => {
    const name = unique('search');
    await startSession(world.lab, name, { client: { dns: ['10.64.1.1', 'test'] } });
    expect(await exitAddress(name, { page: 'http://site/' })).toBe('203.0.113.11');
  });

  test('without any resolver no name resolves, and a warning says so', async () => {
    const [name, secret] = [unique('no-dns'), `${unique('unresolved')}.test`];
    await startSession(world.lab, name, { client: { dns: [] } });
    await inContainer(name, 3, 'nslookup', secret);
    expect(world.lab.resolver.queries()).not.toContain(secret);
    const { warnings } = (await session(name)).body;
    expect(warnings.join()).toMatch(/resolve/i);
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });
});

describe('secrets', () => {
  test('stand in no log, no answer, no argument list, no environment, and not in docker inspect', async () => {
    const name = unique('secret');
    const client = await newClient();
    const { body } = await putLaunchScript(
      name,
      launchScript(client, { credential: { private_key: client.privateKey } }),
    );
    await runContainer(name);
    await waitForState(name, 'connected');
    const answers = [body, (await session(name)).body, (await control('GET', '/v1/launch-scripts')).body];
    const places: [string, string][] = [
      ['the answers', JSON.stringify(answers)],
      ['the logs', await sh('sh', '-c', 'cat /var/log/kasm-sidecar/*')],
      ['its output', world.sidecar.output],
      ['docker inspect', await docker('inspect', name)],
      ['processes', await sh('sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"')],
    ];
    for (const [place, text] of places) expect(text.includes(client.privateKey), place).toBe(false);
    const open = await attempt([
      'sh',
      '-c',
      `grep -rlsF -e '${client.privateKey}' /var/run/kasm-sidecar /var/lib/kasm-sidecar`,
    ]);
    for (const file of open.stdout.split('\n').filter(Boolean)) expect(await modeOf(file), file).toBe('0600 0:0');
  });
});
