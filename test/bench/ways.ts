import { beforeAll } from 'vitest';
import { LOGIN, type OpenVpnServer, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { control, putLaunchScript, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { DRIVER, launchScript, NETWORK, NO_TUNNEL, unique } from '../support/session.ts';
import { useWorld, type World } from '../support/world.ts';
import { inRounds } from './rounds.ts';
import { noMoreThan, parseSizes } from './sizes.ts';

export const BRIDGE = 'user-defined';
export const PLAIN = 'Docker’s user-defined bridge';
export const DEFAULT_BRIDGE = 'Docker’s default bridge';
export const NO_NETWORK = 'no network';
export const NO_TUNNEL_WANTED = 'ours, without a tunnel';
export const WIREGUARD = 'WireGuard (user space)';
export const WIREGUARD_LATE = `${WIREGUARD}, script with the start`;
export const OPENVPN_UDP = 'OpenVPN, UDP';
export const OPENVPN_LATE = `${OPENVPN_UDP}, script with the start`;
export const OPENVPN_TCP = 'OpenVPN, TCP';
/** The others' launch scripts wait before. */
const LATE: readonly string[] = [WIREGUARD_LATE, OPENVPN_LATE];

/** The tunnels' servers stand at this gateway; the lab's site sees its address. */
export const GATEWAY = 1;
export const SITE = 'http://203.0.113.80/';

const numberFrom = (variable: string, otherwise: number): number => Number(process.env[variable] ?? otherwise);
/** How often what takes seconds is measured. */
export const RUNS = numberFrom('KASM_SIDECAR_BENCH_RUNS', 8);
const ASKED_SIZES = parseSizes(process.env.KASM_SIDECAR_BENCH_SESSIONS ?? '1,50,200');
/** More than that are only measured at rest. */
const MOST_STARTED = 200;
/** Fleets of so many sessions, from small to large. */
export const SIZES = noMoreThan(MOST_STARTED, ASKED_SIZES);
export const LARGEST = SIZES.at(-1) ?? 1;
/** With more, the lab's one server process would be measured. */
export const OPENVPN_MOST = 50;
const sizesOf = (way: string, sizes: readonly number[]): readonly number[] =>
  way === OPENVPN_UDP ? sizes.filter((size) => size <= OPENVPN_MOST) : sizes;
export const startedSizesOf = (way: string): readonly number[] => sizesOf(way, SIZES);
export const restingSizesOf = (way: string): readonly number[] => sizesOf(way, ASKED_SIZES);
/** How often each fault is made. */
export const FAULTS = numberFrom('KASM_SIDECAR_BENCH_FAULTS', 3);

export interface Bench extends World {
  readonly openVpn: { readonly udp: OpenVpnServer; readonly tcp: OpenVpnServer };
  /** Sends the launch script for a container that is to leave that way; gives the network for it. */
  prepare(way: string, name: string): Promise<string>;
  /** A container on that network, once it can leave. */
  run(name: string, network: string): Promise<void>;
  /** A container that leaves that way, once it can. */
  start(way: string, name: string): Promise<void>;
  /** Takes containers away, as far as they are there, and their launch scripts. */
  end(names: readonly string[]): Promise<void>;
}

const DOCKERS_OWN: Readonly<Record<string, string>> = { [DEFAULT_BRIDGE]: 'bridge', [NO_NETWORK]: 'none' };

/** Engine, lab, both networks and the servers, for one file of measurements. */
export function useBench(): Bench {
  const world = useWorld();
  let openVpn: Bench['openVpn'] | undefined;
  beforeAll(async () => {
    await docker('network', 'create', '-d', DRIVER, NETWORK);
    await docker('network', 'create', BRIDGE);
    const keepalive = [10, 60] as const; // as most providers have it
    openVpn = {
      udp: await startOpenVpnServer(world.lab.names, GATEWAY, { port: 1401, keepalive }),
      tcp: await startOpenVpnServer(world.lab.names, GATEWAY, { port: 1402, protocol: 'tcp', keepalive }),
    };
  });
  const scriptOf = async (way: string): Promise<object | undefined> => {
    switch (way) {
      case NO_TUNNEL_WANTED:
        return NO_TUNNEL;
      case WIREGUARD:
      case WIREGUARD_LATE:
        return launchScript(await world.lab.gateway(GATEWAY).addClient());
      case OPENVPN_UDP:
      case OPENVPN_LATE:
      case OPENVPN_TCP: {
        const config = await openVpn?.[way === OPENVPN_TCP ? 'tcp' : 'udp'].clientConfig();
        return { version: 1, egress: { type: 'openvpn', config, credential: LOGIN } };
      }
      default:
        return undefined;
    }
  };
  const prepare = async (way: string, name: string): Promise<string> => {
    const script = await scriptOf(way);
    if (!script) return DOCKERS_OWN[way] ?? BRIDGE;
    const sent = putLaunchScript(name, script);
    if (!LATE.includes(way)) await sent;
    return NETWORK;
  };
  const run = async (name: string, network: string): Promise<void> => {
    await docker('run', '-d', '--name', name, '--network', network, 'bb:latest');
    if (network === NETWORK) await waitForState(name, 'connected', 60_000);
  };
  return {
    sidecar: world.sidecar,
    get lab() {
      return world.lab;
    },
    get openVpn() {
      if (!openVpn) throw new Error('the servers do not run before `beforeAll`');
      return openVpn;
    },
    prepare,
    run,
    start: async (way, name) => run(name, await prepare(way, name)),
    end: async (names) => {
      const present = (await docker('ps', '-a', '--format', '{{.Names}}')).split('\n');
      await inRounds(
        names.filter((name) => present.includes(name)),
        (name) => docker('rm', '-f', name),
      );
      for (const name of names) await control('DELETE', `/v1/launch-scripts/${name}`);
    },
  };
}

/** Interleaved, so that a busy moment of the machine hits all alike; each time another one begins. */
export async function interleaved(
  names: readonly string[],
  measure: (name: string, container: string) => Promise<number>,
  runs = RUNS,
): Promise<Record<string, number[]>> {
  const results: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [index] of names.entries()) {
      const name = names[(index + run) % names.length] ?? '';
      results[name]?.push(await measure(name, unique('bench')));
    }
  }
  return results;
}
