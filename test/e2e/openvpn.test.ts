import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { LOGIN, type OpenVpnServerOptions } from '../../lab/openvpn-server.ts';
import { session as askFor, putLaunchScript, stateOf, waitForState } from '../support/control.ts';
import { docker, inContainer, inNamespace, namespaceOf } from '../support/docker.ts';
import { useOpenVpn } from '../support/openvpn.ts';
import { exitAddress, exitAddress6, runContainer, unique } from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { networkLog, RUN_FOLDER } from '../support/sidecar.ts';
import { sleep, waitFor } from '../support/wait.ts';

const world = useOpenVpn(1200);
const { serve, launchScript, start, startConnected } = world;
const EXIT = '203.0.113.11';
const EXIT6 = '2001:db8:113::11';

const session = async (key: string) => (await askFor(key)).body;

describe('what a provider may offer', () => {
  test.each<[string, OpenVpnServerOptions]>([
    ['UDP, tls-crypt', {}],
    ['TCP', { protocol: 'tcp' }],
    ['tls-auth', { key: 'tls-auth' }],
    ['tls-crypt-v2', { key: 'tls-crypt-v2' }],
    ['no key for the control channel', { key: 'none' }],
  ])('%s: username and password, both address families, names by the tunnel', async (_, options) => {
    const server = await serve(options);
    const name = await startConnected(server);
    expect(await exitAddress(name)).toBe(EXIT);
    expect(await exitAddress6(name)).toBe(EXIT6);
    expect((await inContainer(name, 3, 'nslookup', 'exit.test')).stdout).toContain(EXIT);
    expect(await docker('exec', name, 'ip', '-o', 'link')).toMatch(/ tun0: /);
    expect(await inNamespace(name, 'ip', 'route', 'show', 'table', 'main')).not.toContain('tun0');
  });

  test.each(['ec', 'rsa'] as const)('a client certificate with an %s key, which is in no file', async (algorithm) => {
    const server = await serve();
    const identity = await server.issue(`client-${algorithm}`, algorithm);
    const name = await startConnected(server, { client: { identity, withoutLogin: true }, credential: {} });
    expect(await exitAddress(name)).toBe(EXIT);
    const { files } = await session(name);
    const secret = identity.privateKey.split('\n')[1] ?? 'none';
    for (const file of (await sh('find', files, '-type', 'f')).split('\n')) {
      expect(await readFile(file, 'latin1'), file).not.toContain(secret);
    }
  });

  test('a client certificate with a key that is locked by a passphrase', async () => {
    const server = await serve();
    const { certificate, privateKey } = await server.issue('client-locked');
    const locked = createPrivateKey(privateKey).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'pass phrase"',
    });
    const identity = { certificate, privateKey: locked.toString() };
    const client = { identity, withoutLogin: true };
    const name = await startConnected(server, { client, credential: { password: 'pass phrase"' } });
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('both, the key in the credential', async () => {
    const server = await serve();
    const { certificate, privateKey } = await server.issue('client-both');
    const credential = { ...LOGIN, private_key: privateKey };
    const name = await startConnected(server, { client: { identity: { certificate } }, credential });
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('several remotes, of which the first is silent', async () => {
    const server = await serve();
    const remotes = ['203.0.113.99 1194', `${EXIT} ${server.port}`];
    const name = await startConnected(server, {
      client: { remotes },
      deadline: 30,
    });
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('hooks: none runs, and each is named in the answer', async () => {
    const server = await serve();
    const name = unique('hooks');
    const { body } = await putLaunchScript(name, await launchScript(server, { client: { hooks: true } }));
    expect(body.notices.map(({ directive }: { directive: string }) => directive)).toEqual(
      expect.arrayContaining(['up', 'down', 'script-security']),
    );
    await runContainer(name);
    await waitForState(name, 'connected');
    expect((await attempt(['test', '-e', '/tmp/kasmlab-hook-ran'])).exitCode).toBe(1);
  });
});

describe('secrets', () => {
  test('are in no argument list, no environment, no log and no file but root’s', async () => {
    const server = await serve();
    const name = await startConnected(server);
    const { tunnel, files } = await session(name);
    const pid = tunnel?.process_id;
    for (const file of ['cmdline', 'environ']) {
      expect(await readFile(`/proc/${pid}/${file}`, 'utf8')).not.toContain(LOGIN.password);
    }
    for (const file of (await sh('find', files, '-type', 'f')).split('\n')) {
      expect(await readFile(file, 'latin1'), file).not.toContain(LOGIN.password);
    }
    expect((await sh('find', files, '-perm', '/077')).trim()).toBe('');
    expect(await networkLog()).not.toContain(LOGIN.password);
  });
});

describe('a failure has its own reason', () => {
  const reasonOf = async (name: string, deadlineMs = 30_000) => {
    await waitForState(name, 'failed', deadlineMs);
    return (await session(name)).reason?.code;
  };

  test('wrong password: failed at once, and never tried again', async () => {
    const server = await serve();
    const name = await start(server, { credential: { ...LOGIN, password: 'wrong' } });
    expect(await reasonOf(name)).toBe('AUTH_FAILED');
    const before = await server.logins();
    await sleep(3_000);
    expect(await server.logins()).toBe(before);
    expect(before).toBe(1);
    await world.sidecar.kill();
    await world.sidecar.start();
    await sleep(1_500);
    expect(await server.logins()).toBe(1);
    expect(await exitAddress(name)).toBe('nowhere');
  });

  test('another authority', async () => {
    const [server, other] = [await serve(), await serve()];
    const ca = /<ca>\n([\s\S]*)<\/ca>/.exec(await other.clientConfig())?.[1] ?? '';
    expect(await reasonOf(await start(server, { client: { ca }, deadline: 6 }))).toBe('SERVER_CERTIFICATE_UNTRUSTED');
  });

  test('an expired certificate', async () => {
    const server = await serve({ certificate: { days: 0 } });
    expect(await reasonOf(await start(server, { deadline: 6 }))).toBe('SERVER_CERTIFICATE_EXPIRED');
  });

  test('a certificate for another name', async () => {
    const server = await serve();
    const name = await start(server, { client: { more: ['verify-x509-name other.test name'] }, deadline: 6 });
    expect(await reasonOf(name)).toBe('SERVER_NAME_WRONG');
  });

  test('nobody there', async () => {
    const server = await serve();
    const name = await start(server, { client: { remotes: ['203.0.113.99 1194'] }, deadline: 3 });
    expect(await reasonOf(name)).toBe('HANDSHAKE_TIMEOUT');
  });
});

describe('keeps itself up', () => {
  test('the server starts anew: the same device, address and open connection', async () => {
    const server = await serve({ keepalive: [1, 4] });
    const name = await startConnected(server);
    const before = await docker('exec', name, 'ip', 'address', 'show', 'dev', 'tun0');
    await server.signal('SIGKILL');
    await waitForState(name, 'reconnecting');
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    await server.start();
    await waitForState(name, 'connected', 30_000);
    expect(await exitAddress(name)).toBe(EXIT);
    expect(await docker('exec', name, 'ip', 'address', 'show', 'dev', 'tun0')).toBe(before);
  });

  test('a login token that a new server does not know is no wrong password', async () => {
    const server = await serve({ keepalive: [1, 4], more: ['auth-gen-token 3600'] });
    const name = await startConnected(server);
    await server.signal('SIGKILL');
    await waitForState(name, 'reconnecting');
    await server.start();
    await waitForState(name, 'connected', 45_000);
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('its process is killed: nothing leaves meanwhile, and the session comes back', async () => {
    const server = await serve();
    const name = await startConnected(server);
    process.kill((await session(name)).tunnel?.process_id ?? 0, 'SIGKILL');
    await waitForState(name, 'reconnecting');
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('kill -9 of the daemon: the tunnel goes on, and is found again', async () => {
    const server = await serve();
    const name = await startConnected(server);
    const before = await session(name);
    const record = `${RUN_FOLDER}/${await namespaceOf(name)}/session.json`;
    // What the daemon had no time to write down is made again by the next one.
    await waitFor('its record', async () => JSON.parse(await readFile(record, 'utf8')).state === 'connected');
    await world.sidecar.kill();
    expect(await exitAddress(name)).toBe(EXIT);
    await world.sidecar.start();
    await waitFor('the session', async () => (await stateOf(name)) === 'connected');
    const after = await waitFor('its resolvers', async () => {
      const view = await session(name);
      return view.dns.length > 0 && view;
    });
    expect(after.tunnel?.process_id).toBe(before.tunnel?.process_id);
    expect(after.tunnel_addresses).toEqual(before.tunnel_addresses);
    expect(after.dns).toEqual(before.dns);
    expect(await exitAddress(name)).toBe(EXIT);
  });

  test('its end leaves nothing', async () => {
    const server = await serve();
    const name = await startConnected(server);
    const pid = (await session(name)).tunnel?.process_id;
    await docker('rm', '-f', name);
    expect((await attempt(['kill', '-0', String(pid)])).exitCode).not.toBe(0);
  });
});

describe('a hostile server', () => {
  test('may push what it likes: routes, resolvers on the host, an address of the wire', async () => {
    const server = await serve({
      push: [
        'route 172.16.0.0 255.240.0.0 net_gateway',
        'route 203.0.113.80 255.255.255.255 net_gateway',
        'dhcp-option DNS 127.0.0.1',
        'dhcp-option DNS 169.254.169.254',
        'dhcp-option DOMAIN evil.test;touch /tmp/kasmlab-hook-ran',
        'setenv-safe x y',
        'ping-restart 0',
      ],
    });
    const name = await startConnected(server);
    expect(await exitAddress(name)).toBe(EXIT);
    expect(await docker('exec', name, 'cat', '/etc/resolv.conf')).not.toMatch(/127\.0\.0\.1|169\.254|evil/);
    expect(await inNamespace(name, 'ip', 'route', 'show', 'table', 'main')).not.toContain('203.0.113.80');
    expect((await attempt(['test', '-e', '/tmp/kasmlab-hook-ran'])).exitCode).toBe(1);
  });
});
