import { rm, writeFile } from 'node:fs/promises';
import { run } from '../src/sidecar/host/command.ts';
import type { GatewayAddresses, LabNames } from './addresses.ts';
import { clientAddresses, gatewayAddresses, SITE, WIREGUARD_PORT } from './addresses.ts';
import type { ClientOptions } from './client-config.ts';
import { renderClientConfig } from './client-config.ts';
import { until } from './daemon.ts';
import { newKeyPair, newPresharedKey } from './keys.ts';
import { addressLines, ipBatch, runInside } from './namespace.ts';
import { queriesIn, startResolver } from './resolver.ts';

/** One of a gateway's customers, and the file that a provider would give them. */
export interface Client {
  readonly text: string;
  readonly privateKey: string;
  readonly publicKey: string;
  /** Inner addresses, without a prefix length. */
  readonly address: string;
  readonly address6: string;
}

export interface Gateway extends GatewayAddresses {
  readonly number: number;
  readonly namespace: string;
  /** A new customer: every session needs its own, as with a real provider. */
  addClient(options?: ClientOptions): Promise<Client>;
  /** Pulls the gateway's plug on the lab's internet. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Gives it another address on the lab's internet instead of the one it has. */
  move(v4: string): Promise<void>;
  /** Names that its inner resolver was asked for. */
  queries(): string[];
  /** When each customer was last heard of, by public key; 0 for never. */
  handshakes(): Promise<Map<string, number>>;
}

/** What another process needs to know of a gateway. */
export interface GatewayState {
  readonly number: number;
  readonly publicKey: string;
}

const queriesFile = (names: LabNames, gateway: number): string => `${names.folder}/gateway-${gateway}-queries.log`;

/** Names its answers by where they come from: `exit.test` is the gateway's own address on the lab's internet. */
const answersOf = (addresses: GatewayAddresses): [string, string][] => [
  ['site.test', SITE.v4],
  ['site.test', SITE.v6],
  ['exit.test', addresses.v4],
  ['exit.test', addresses.v6],
];

const NAT = `table inet lab {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "eth0" masquerade
  }
}
`;

async function writePrivately(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600 });
}

/** A WireGuard server with NAT and a resolver. Its namespace and wire exist already. */
export async function startGateway(names: LabNames, number: number): Promise<GatewayState> {
  const namespace = names.gateway(number);
  const addresses = gatewayAddresses(number);
  const keys = newKeyPair();
  await runInside(namespace, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  await runInside(namespace, ['nft', '-f', '-'], NAT);
  // A device's name is also that of its control socket, which all namespaces of a host share.
  await runInside(namespace, ['wireguard-go', namespace]);
  await until(`wireguard-go in ${namespace}`, async () =>
    (await runInside(namespace, ['wg', 'show', 'interfaces'])).includes(namespace),
  );
  const configFile = `${names.folder}/gateway-${number}.conf`;
  await writePrivately(configFile, `[Interface]\nPrivateKey = ${keys.privateKey}\nListenPort = ${WIREGUARD_PORT}\n`);
  await runInside(namespace, ['wg', 'setconf', namespace, configFile]);
  await ipBatch(namespace, [
    ...addressLines(namespace, `${addresses.inner4}/16`, `${addresses.inner6}/64`),
    `link set dev ${namespace} mtu 1420 up`,
  ]);
  await startResolver(namespace, {
    listen: [addresses.inner4, addresses.inner6],
    answers: answersOf(addresses),
    log: queriesFile(names, number),
  });
  return { number, publicKey: keys.publicKey };
}

/** How many customers there are decides the next one's address, so the server itself is asked. */
async function nextClient(namespace: string): Promise<number> {
  const peers = (await runInside(namespace, ['wg', 'show', namespace, 'peers'])).split('\n').filter(Boolean);
  return peers.length + 1;
}

async function addClient(
  names: LabNames,
  { number, publicKey: serverPublicKey }: GatewayState,
  options: ClientOptions = {},
): Promise<Client> {
  const namespace = names.gateway(number);
  const { v4, v6 } = clientAddresses(number, await nextClient(namespace));
  const { privateKey, publicKey } = newKeyPair();
  const presharedKey = options.presharedKey ? newPresharedKey() : undefined;
  const addresses = options.ipv6 ? [`${v4}/32`, `${v6}/128`] : [`${v4}/32`];
  const peerFile = `${names.folder}/peer-${v4}.conf`;
  await writePrivately(
    peerFile,
    [
      '[Peer]',
      `PublicKey = ${publicKey}`,
      ...(presharedKey === undefined ? [] : [`PresharedKey = ${presharedKey}`]),
      `AllowedIPs = ${v4}/32, ${v6}/128`,
      '',
    ].join('\n'),
  );
  await runInside(namespace, ['wg', 'addconf', namespace, peerFile]);
  await rm(peerFile);
  const identity = { privateKey, presharedKey, addresses, serverPublicKey };
  return {
    text: renderClientConfig(gatewayAddresses(number), identity, options),
    privateKey,
    publicKey,
    address: v4,
    address6: v6,
  };
}

async function handshakes(namespace: string): Promise<Map<string, number>> {
  const { stdout } = await run(['wg', 'show', namespace, 'latest-handshakes']);
  return new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line): [string, number] => {
        const [key = '', seconds = '0'] = line.split('\t');
        return [key, Number(seconds)];
      }),
  );
}

/** A plug that is in again carries frames only when the kernel has noticed, up to a second later. */
async function restorePlug(names: LabNames, number: number): Promise<void> {
  const port = `gw${number}`;
  await ipBatch(names.wan, [`link set dev ${port} up`]);
  await until(`the wire of ${names.gateway(number)}`, async () => {
    const { stdout: atSwitch } = await run(['bridge', '-netns', names.wan, 'link', 'show', 'dev', port]);
    const { stdout: atGateway } = await run([
      'ip',
      '-netns',
      names.gateway(number),
      '-br',
      'link',
      'show',
      'dev',
      'eth0',
    ]);
    return atSwitch.includes('state forwarding') && / UP /.test(atGateway);
  });
  // Whoever asked for the gateway meanwhile waits before asking again.
  await run(['ip', 'neighbour', 'flush', 'to', gatewayAddresses(number).v4, 'dev', names.wan], { okExitCodes: [1] });
}

/** Handle on a running gateway. */
export function openGateway(names: LabNames, state: GatewayState): Gateway {
  const { number } = state;
  const namespace = names.gateway(number);
  let lastClient: Promise<unknown> = Promise.resolve();
  return {
    ...gatewayAddresses(number),
    number,
    namespace,
    addClient: (options) => {
      const client = lastClient.then(() => addClient(names, state, options)); // one at a time: they are counted
      lastClient = client.catch(() => undefined);
      return client;
    },
    cut: () => ipBatch(names.wan, [`link set dev gw${number} down`]),
    restore: () => restorePlug(names, number),
    move: async (v4) => {
      await runInside(namespace, ['ip', '-4', 'address', 'flush', 'dev', 'eth0']);
      await ipBatch(namespace, addressLines('eth0', `${v4}/24`));
    },
    queries: () => queriesIn(queriesFile(names, number)),
    handshakes: () => handshakes(namespace),
  };
}
