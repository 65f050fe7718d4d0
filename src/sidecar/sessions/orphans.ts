import { basename } from 'node:path';
import { explain } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import {
  BRIDGE_PREFIX,
  containerLinkName,
  DEFAULT_BRIDGE,
  hostLinkName,
  isOurs,
  TUNNEL_PREFIX,
} from '../../shared/names.ts';
import type { Link } from '../host/links.ts';
import { findProcesses, stopProcess } from '../host/process.ts';
import type { HostNetwork } from './host-network.ts';

export interface Known {
  readonly endpointIds: readonly string[];
  /** Devices of tunnels, as they are called on the host. */
  readonly tunnels: readonly string[];
  readonly bridges: readonly string[];
}

/** Pure. Links that bear our names and belong to nothing we know: what a process of ours left when it died. */
export function orphanLinks(links: readonly Link[], known: Known): string[] {
  const expected = new Set([
    ...known.endpointIds.flatMap((id) => [hostLinkName(id), containerLinkName(id)]),
    ...known.tunnels,
  ]);
  const pieces = links.filter(({ name }) => isOurs(name) && !expected.has(name));
  const bridges = links.filter(
    ({ name, alias }) =>
      (name.startsWith(BRIDGE_PREFIX) || name === DEFAULT_BRIDGE) &&
      alias?.startsWith('kasm-sidecar:') &&
      !known.bridges.includes(name),
  );
  return [...pieces, ...bridges].map(({ name }) => name);
}

const TUNNEL_PROGRAMS = ['wireguard-go', 'openvpn'];

/** Pure. A user-space tunnel that no session knows: its device's name is a word of its command. */
export const isOrphanTunnel = ([program = '', ...words]: readonly string[], known: Pick<Known, 'tunnels'>): boolean => {
  if (!TUNNEL_PROGRAMS.includes(basename(program))) return false;
  const device = words.find((word) => word.startsWith(TUNNEL_PREFIX) && isOurs(word));
  return device !== undefined && !known.tunnels.includes(device);
};

export async function removeOrphans(host: HostNetwork, known: Known, log: Log): Promise<void> {
  for (const link of orphanLinks(await host.links(), known)) {
    log.warn('orphans', `${link} belongs to nothing that is known; it is removed.`);
    await host.removeLink(link).catch((error) => log.error('orphans', explain(error)));
  }
  const wires = known.endpointIds.map(hostLinkName);
  for (const link of await host.guarded()) if (isOurs(link) && !wires.includes(link)) await host.removeGuard(link);
  for (const found of findProcesses((argv) => isOrphanTunnel(argv, known))) {
    log.warn(
      'orphans',
      `Process ${found.id} (${found.argv.join(' ')}) belongs to nothing that is known; it is stopped.`,
    );
    await stopProcess(found).catch((error) => log.error('orphans', explain(error)));
  }
}
