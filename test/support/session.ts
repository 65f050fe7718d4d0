import { expect } from 'vitest';
import type { ClientOptions } from '../../lab/client-config.ts';
import type { Client } from '../../lab/gateway.ts';
import type { Lab } from '../../lab/lab.ts';
import { putLaunchScript, waitForState } from './control.ts';
import { docker, inContainer, inNamespace } from './docker.ts';
import { PLUGIN } from './plugin.ts';

export const NETWORK = 'kasm_sidecar_network';
/** `scripts/test plugin`: the managed plugin in the place of the process on the host. */
export const AS_PLUGIN = process.env.KASM_SIDECAR_TEST_AS_PLUGIN === '1';
export const DRIVER = AS_PLUGIN ? PLUGIN : 'kasm-sidecar';

let count = 0;
/** Container names and keys that no other test uses. */
export const unique = (word: string): string => `${word}-${++count}`;

/** A launch script as a control plane writes it; `egress` overrides its parts. */
export const launchScript = (client: Client, egress: object = {}, rest: object = {}) => ({
  version: 1,
  egress: {
    type: 'wireguard',
    provider: 'Lab',
    gateway: { name: 'LAB-GATEWAY', country: 'XX', city: 'Testville' },
    config: client.text,
    ...egress,
  },
  deadline_seconds: 15,
  ...rest,
});

/** A launch script that wants no tunnel. */
export const NO_TUNNEL = { version: 1, egress: { type: 'none' } };

export interface SessionOptions {
  readonly gateway?: number;
  readonly network?: string;
  readonly client?: ClientOptions;
  readonly egress?: object;
  /** Of the launch script, beside `egress`. */
  readonly script?: object;
  /** Further arguments of `docker run`. */
  readonly run?: readonly string[];
  readonly command?: readonly string[];
}

export const runContainer = (name: string, options: SessionOptions = {}): Promise<string> =>
  docker(
    'run',
    '-d',
    '--name',
    name,
    '--network',
    options.network ?? NETWORK,
    ...(options.run ?? []),
    'bb:latest',
    ...(options.command ?? ['sleep', '36000']),
  );

/** A connected session: its launch script waits under the container's name when the container starts. */
export async function startSession(lab: Lab, name: string, options: SessionOptions = {}): Promise<Client> {
  const client = await lab.gateway(options.gateway ?? 1).addClient(options.client);
  await putLaunchScript(name, launchScript(client, options.egress, options.script));
  await runContainer(name, options);
  await waitForState(name, 'connected');
  return client;
}

const PAGE = 'http://203.0.113.80/';

/** The address under which the container appears on the lab's internet; `nowhere` if it can't reach the site. */
export async function exitAddress(container: string, { page = PAGE, seconds = 4 } = {}): Promise<string> {
  const { exitCode, stdout } = await inContainer(container, seconds, 'wget', '-qO-', page);
  return exitCode === 0 ? stdout.replace('you came from ', '').trim() : 'nowhere';
}

/** After a new start of the sidecar: its tunnels have gone on without it. */
export async function stillLeavesBy(container: string, address: string): Promise<void> {
  expect(await exitAddress(container, { seconds: 2 })).toBe(address);
}

export const exitAddress6 = (container: string): Promise<string> =>
  exitAddress(container, { page: 'http://[2001:db8:113::80]/' });

/** What a root with NET_ADMIN can do in its own namespace: no rule and no policy is left of the inner layer. */
export async function dropLock(container: string): Promise<void> {
  const builtIn = { raw: ['OUTPUT'], mangle: ['INPUT', 'FORWARD', 'OUTPUT'], filter: ['INPUT', 'FORWARD', 'OUTPUT'] };
  for (const program of ['iptables', 'ip6tables']) {
    for (const [table, chains] of Object.entries(builtIn)) {
      await inNamespace(container, program, '-t', table, '-F');
      for (const chain of chains) await inNamespace(container, program, '-t', table, '-P', chain, 'ACCEPT');
    }
  }
}
