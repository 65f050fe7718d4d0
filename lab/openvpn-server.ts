import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/sidecar/host/command.ts';
import type { LabNames } from './addresses.ts';
import { gatewayAddresses, OPENVPN_PORT } from './addresses.ts';
import { startDaemon, until } from './daemon.ts';
import { argvInside, runInside } from './namespace.ts';
import { type OpenVpnClientOptions, renderOpenVpnClient } from './openvpn-client.ts';
import { type Identity, type IssueOptions, Pki } from './openvpn-pki.ts';

export type ControlChannelKey = 'none' | 'tls-auth' | 'tls-crypt' | 'tls-crypt-v2';

export interface OpenVpnServerOptions {
  readonly protocol?: 'udp' | 'tcp';
  readonly port?: number;
  readonly key?: ControlChannelKey;
  /** What it pushes besides addresses, routes and its resolver. */
  readonly push?: readonly string[];
  /** Further lines of its configuration. */
  readonly more?: readonly string[];
  readonly certificate?: IssueOptions;
  readonly ipv6?: boolean;
  /** Seconds between its pings, and without an answer: pushed to clients, too. */
  readonly keepalive?: readonly [number, number];
}

/** The one customer that all lab servers know; blanks, quotes and a backslash, as real passwords have them. */
export const LOGIN = { username: 'alice@lab.test', password: 'pa ss"w\\rd' };

export interface OpenVpnServer {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** The server's own address in the tunnel. */
  readonly inner4: string;
  clientConfig(options?: OpenVpnClientOptions): Promise<string>;
  /** A certificate of this server's authority, for a client. */
  issue(name: string, algorithm?: IssueOptions['algorithm']): Promise<Identity>;
  /** How often somebody tried to log in. */
  logins(): Promise<number>;
  log(): Promise<string>;
  signal(name: 'SIGUSR1' | 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): Promise<void>;
  start(): Promise<void>;
}

/** An OpenVPN server in a gateway's namespace, beside its WireGuard server; the one that runs there at this port already. */
export async function startOpenVpnServer(
  names: LabNames,
  gateway: number,
  options: OpenVpnServerOptions = {},
): Promise<OpenVpnServer> {
  const { protocol = 'udp', port = OPENVPN_PORT, key = 'tls-crypt' } = options;
  const folder = join(names.folder, `openvpn-${gateway}-${protocol}-${port}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pki = new Pki(join(folder, 'pki'));
  const keys = await makeKeys(folder, key);
  const network = networkOf(gateway, protocol, port);
  await writeFile(join(folder, 'server.conf'), await serverConfig(folder, pki, gateway, network, options), {
    mode: 0o600,
  });
  await writeFile(join(folder, 'login'), `${LOGIN.username}\n${LOGIN.password}\n`, { mode: 0o600 });
  await writeFile(
    join(folder, 'check-login'),
    `#!/bin/sh
echo try >>${folder}/logins
# With a certificate, nobody has to log in.
[ -n "$X509_0_CN" ] && [ -z "$(head -n 1 "$1")" ] && exit 0
exec cmp -s "$1" ${folder}/login
`,
    {
      mode: 0o700,
    },
  );
  const namespace = names.gateway(gateway);
  const logFile = join(folder, 'server.log');
  const start = async () => {
    startDaemon(namespace, ['openvpn', '--config', join(folder, 'server.conf')], logFile);
    await until(`openvpn in ${namespace}`, async () =>
      (await readFile(logFile, 'utf8').catch(() => '')).includes('Initialization Sequence Completed'),
    );
  };
  if (!(await isRunning(folder))) await start();
  return {
    protocol,
    port,
    inner4: `${network.prefix4}1`,
    clientConfig: async (client = {}) =>
      renderOpenVpnClient(
        { server: gatewayAddresses(gateway).v4, port, protocol, ca: await pki.ca(), key, keys },
        client,
      ),
    issue: (name, algorithm = 'ec') => pki.issue(name, 'clientAuth', { algorithm }),
    logins: async () => (await readFile(join(folder, 'logins'), 'utf8').catch(() => '')).split('\n').length - 1,
    log: () => readFile(logFile, 'utf8'),
    signal: async (name) => {
      await run(['pkill', `-${name}`, '-f', `openvpn --config ${folder}/server.conf`], { okExitCodes: [1] });
    },
    start: async () => {
      await writeFile(logFile, '');
      await start();
    },
  };
}

async function isRunning(folder: string): Promise<boolean> {
  const { exitCode } = await run(['pgrep', '-f', `openvpn --config ${folder}/server.conf`], { okExitCodes: [1] }); // 1: none
  return exitCode === 0;
}

/** The key files that server and client share. */
export interface SharedKeys {
  /** Of tls-auth or tls-crypt; with tls-crypt-v2 the client's own. */
  readonly client: string;
}

async function makeKeys(folder: string, key: ControlChannelKey): Promise<SharedKeys> {
  if (key === 'none') return { client: '' };
  const shared = join(folder, 'shared.key');
  if (key !== 'tls-crypt-v2') {
    if (!existsSync(shared)) await run(['openvpn', '--genkey', 'secret', shared]);
    return { client: await readFile(shared, 'utf8') };
  }
  await run(['openvpn', '--genkey', 'tls-crypt-v2-server', shared]);
  const own = join(folder, 'client.key');
  await run(['openvpn', '--tls-crypt-v2', shared, '--genkey', 'tls-crypt-v2-client', own]);
  return { client: await readFile(own, 'utf8') };
}

/** Every server has its own networks inside; two of a gateway whose ports are 128 apart would share them. */
function networkOf(gateway: number, protocol: string, port: number): { prefix4: string; network6: string } {
  const number = (port % 128) * 2 + (protocol === 'tcp' ? 1 : 0);
  return { prefix4: `10.${64 + gateway}.${number}.`, network6: `fd65:${gateway}:${number}::/64` };
}

async function serverConfig(
  folder: string,
  pki: Pki,
  gateway: number,
  network: { prefix4: string; network6: string },
  options: OpenVpnServerOptions,
): Promise<string> {
  const { protocol = 'udp', port = OPENVPN_PORT, key = 'tls-crypt', ipv6 = true } = options;
  await pki.issue('server', 'serverAuth', options.certificate);
  const [ping, restart] = options.keepalive ?? [2, 8];
  const file = (name: string) => join(folder, name);
  const { inner4 } = gatewayAddresses(gateway);
  return [
    `proto ${protocol === 'tcp' ? 'tcp-server' : 'udp'}`,
    `port ${port}`,
    `dev tun-${protocol}${port}`,
    'dev-type tun',
    'topology subnet',
    `server ${network.prefix4}0 255.255.255.0`,
    ...(ipv6 ? [`server-ipv6 ${network.network6}`] : []),
    `ca ${file('pki/ca.crt')}`,
    `cert ${file('pki/server.crt')}`,
    `key ${file('pki/server.key')}`,
    'dh none',
    ...(key === 'none' ? [] : [`${key} ${file('shared.key')}${key === 'tls-auth' ? ' 0' : ''}`]),
    'verify-client-cert optional',
    'auth-user-pass-optional',
    `auth-user-pass-verify ${file('check-login')} via-file`,
    'script-security 2',
    `tmp-dir ${folder}`,
    'duplicate-cn',
    `keepalive ${ping} ${restart}`,
    ...(protocol === 'udp' ? ['explicit-exit-notify 0'] : []),
    `push "dhcp-option DNS ${inner4}"`,
    'push "redirect-gateway def1"',
    ...(options.push ?? []).map((text) => `push "${text}"`),
    'disable-dco',
    'verb 3',
    ...(options.more ?? []),
    '',
  ].join('\n');
}

/** Whether the server's device stands: for tests that look from its side. */
export const serverDevices = (names: LabNames, gateway: number): Promise<string> =>
  runInside(names.gateway(gateway), ['ip', '-br', 'link']);

export const argvAtGateway = (names: LabNames, gateway: number, argv: readonly string[]): [string, ...string[]] =>
  argvInside(names.gateway(gateway), argv);
