import { docker, sandboxKey } from '../support/docker.ts';
import { DRIVER, runContainer } from '../support/session.ts';
import { waitFor } from '../support/wait.ts';
import type { Link } from './capture/links.ts';
import { listLinks } from './capture/links.ts';
import type { Host } from './case.ts';

/** A Docker network with a bystander in it, and where everything is. */
export interface Network {
  readonly name: string;
  readonly prefix4: string;
  readonly prefix6: string;
  readonly gateway4: string;
  readonly gateway6: string;
  readonly bridge: Link;
  readonly neighbour: Bystander;
  readonly proxy: Bystander;
}

/** A container that only stands there. `link` is the host's end of its wire. */
export interface Bystander extends Host {
  readonly link: number;
}

/** Number `n` has the subnets 10.n.0.0/16 and fd00:n::/64. */
async function createNetwork(
  name: string,
  n: number,
  options: readonly string[],
): Promise<Omit<Network, 'neighbour' | 'proxy'>> {
  const [prefix4, prefix6] = [`10.${n}.`, `fd00:${n}::`];
  const [gateway4, gateway6] = [`${prefix4}0.1`, `${prefix6}1`];
  const subnets = ['--subnet', `${prefix4}0.0/16`, '--ipv6', '--subnet', `${prefix6}/64`, '--gateway', gateway6];
  await docker('network', 'create', ...options, ...subnets, '--gateway', gateway4, name);
  const bridge = await waitFor(`the bridge of ${name}`, async () =>
    (await listLinks()).find(({ addresses }) => addresses.includes(gateway4) && addresses.includes(gateway6)),
  );
  return { name, prefix4, prefix6, gateway4, gateway6, bridge };
}

async function bystander(container: string, prefix4: string, prefix6: string): Promise<Bystander> {
  const links = await listLinks(await sandboxKey(container));
  const wire = links.find(({ addresses }) => addresses.some((address) => address.startsWith(prefix4)));
  if (wire?.peer === undefined) throw new Error(`${container} has no wire on ${prefix4}`);
  const address = (prefix: string) => wire.addresses.find((text) => text.startsWith(prefix)) ?? '';
  return { link: wire.peer, mac: wire.mac, ip4: address(prefix4), ip6: address(prefix6) };
}

let plainNetworks = 0;
/** Two containers' packets of a protocol without ports, to one site, can't both have the host's address as their source. */
const NO_NAT = 'com.docker.network.bridge.enable_ip_masquerade=false';

/**
 * Docker's own: nothing is protected there, so everything must be seen. One for each who attacks there: the attacks on a
 * network's address tables work, and would hit the next one's probes.
 */
export async function createPlainNetwork(): Promise<Network> {
  const number = ++plainNetworks;
  const network = await createNetwork(`plain-${number}`, 100 + number, ['-d', 'bridge', '-o', NO_NAT]);
  const name = `${network.name}-neighbour`;
  await runContainer(name, { network: network.name });
  const neighbour = await bystander(name, network.prefix4, network.prefix6);
  return { ...network, neighbour, proxy: neighbour };
}

/** Ours, with a proxy that has a way out of its own, and a session that waits for its launch script. */
export async function createSessionNetwork(plain: Network): Promise<Network> {
  const options = ['-d', DRIVER, '-o', 'proxy=leak-proxy', '-o', 'deadline=600'];
  const network = await createNetwork('sessions', 99, options);
  await runContainer('leak-proxy', { network: plain.name, run: ['--sysctl', 'net.ipv4.ip_forward=1'] });
  await docker('network', 'connect', network.name, 'leak-proxy');
  await runContainer('leak-neighbour', { network: network.name });
  return {
    ...network,
    neighbour: await bystander('leak-neighbour', network.prefix4, network.prefix6),
    proxy: await bystander('leak-proxy', network.prefix4, network.prefix6),
  };
}
