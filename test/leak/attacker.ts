import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Lab } from '../../lab/lab.ts';
import { docker, sandboxKey } from '../support/docker.ts';
import type { SessionOptions } from '../support/session.ts';
import { runContainer, startSession } from '../support/session.ts';
import { listLinks } from './capture/links.ts';
import type { Act, Attempt, Vantage } from './case.ts';
import type { Network } from './network.ts';
import type { Posture } from './posture.ts';

const readOnly = (from: string, to = from): string[] => ['--mount', `type=bind,src=${from},dst=${to},readonly`];

/** The machine's own programs, read-only: python3, ip, nft and iptables run in the container with its capabilities. */
export const TOOLS = [
  ...['/usr', '/lib', '/lib64'].flatMap((folder) => readOnly(folder)),
  ...readOnly(fileURLToPath(new URL('attacker', import.meta.url)), '/attacker'),
  '-e',
  'RES_OPTIONS=timeout:1 attempts:1',
];
export const PYTHON = ['/usr/bin/python3', '-IS', '/attacker/probe.py'] as const;

/** What `docker run` of an attacker on `network` needs. */
export const asAttacker = (posture: Posture, network: Network, more: SessionOptions = {}): SessionOptions => ({
  ...more,
  network: network.name,
  run: [...TOOLS, ...posture.run, ...(more.run ?? [])],
});

/** A container that attacks one of its networks. */
export interface Attacker {
  readonly container: string;
  readonly posture: Posture;
  /** The host's ends of all its wires: what is seen there has not passed the guard yet. */
  readonly ownLinks: readonly number[];
  readonly network: Network;
  readonly at: Vantage;
}

/** Looks at a running container: which wires it has, and what it sees from the one on `network`. */
export async function lookAt(container: string, network: Network, posture: Posture): Promise<Attacker> {
  const links = (await listLinks(await sandboxKey(container))).filter(({ peer }) => peer !== undefined);
  const wire = links.find(({ addresses }) => addresses.some((address) => address.startsWith(network.prefix4)));
  if (!wire) throw new Error(`${container} has no wire on ${network.name}`);
  const address = (prefix: string) => wire.addresses.find((text) => text.startsWith(prefix)) ?? '';
  return {
    container,
    posture,
    network,
    ownLinks: links.flatMap(({ peer }) => peer ?? []),
    at: {
      device: wire.name,
      mac: wire.mac,
      ip4: address(network.prefix4),
      ip6: address(network.prefix6),
      gateway4: network.gateway4,
      gateway6: network.gateway6,
      gatewayMac: network.bridge.mac,
      neighbour: network.neighbour,
      proxy: network.proxy,
      nobody4: ({ port }) => `${network.prefix4}${128 + (port >> 8)}.${port & 255}`,
    },
  };
}

export async function startAttacker(
  container: string,
  posture: Posture,
  network: Network,
  run: readonly string[] = [],
): Promise<Attacker> {
  await runContainer(container, asAttacker(posture, network, { run }));
  return lookAt(container, network, posture);
}

/** An attacker in a connected session. */
export async function startTunnelled(
  lab: Lab,
  container: string,
  posture: Posture,
  network: Network,
  options: SessionOptions = {},
): Promise<Attacker> {
  await startSession(lab, container, asAttacker(posture, network, { client: { ipv6: true }, ...options }));
  return lookAt(container, network, posture);
}

export interface Order {
  readonly acts: readonly Act[];
  readonly attempts: readonly (Attempt & { readonly tag: string })[];
  /** A device to take along into a namespace of one's own. */
  readonly takeAway?: string;
}

export interface Report {
  /** Command and outcome: `sent` stands for success. */
  readonly acts: readonly (readonly [string, string])[];
  readonly results: Readonly<Record<string, readonly string[]>>;
}

/** libc's resolver can't be told when to give up; what it asks, it asks at once. */
const mayBeUnfinished = ({ op }: Attempt): boolean => op === 'resolve';

/**
 * Has `order` carried out in the container.
 * @throws Error if an attempt failed by a mistake of ours, or was not made: that is no closed door.
 */
export async function carryOut({ container, posture }: Attacker, order: Order): Promise<Report> {
  const { stdout } = await execa('docker', ['exec', '-i', ...posture.exec, container, ...PYTHON, 'once'], {
    input: JSON.stringify(order),
    timeout: 60_000,
  });
  const report = JSON.parse(stdout) as Report;
  const broken = Object.values(report.results)
    .flat()
    .filter((result) => result.startsWith('broken'));
  if (broken.length > 0) throw new Error(`probes of ${container} are broken: ${broken.join('; ')}`);
  const undone = order.attempts.filter((attempt) => !(attempt.tag in report.results || mayBeUnfinished(attempt)));
  if (undone.length > 0) throw new Error(`${undone.length} probes of ${container} were not made in time`);
  return report;
}

/** Starts a program of the attacker's and leaves it running in the container. */
export const startBackground = (container: string, mode: 'flow', order: object): Promise<string> =>
  docker('exec', '-d', container, ...PYTHON, mode, JSON.stringify(order));
