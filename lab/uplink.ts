import { run } from '../src/sidecar/host/command.ts';
import { HOST, type LabNames, ROUTER } from './addresses.ts';
import { addressLines, ipBatch } from './namespace.ts';

/** The host's wire to the lab's internet, as its owner may lose, find or renumber it. Not for a lab on somebody's real host. */
export interface Uplink {
  /** `link set down`: the kernel takes the routes and the IPv6 addresses away with it. */
  cut(): Promise<void>;
  /** The far end goes dark: addresses and routes stay, and nothing passes. */
  cutCarrier(): Promise<void>;
  /** As the lab made it, whatever was done to it. */
  restore(): Promise<void>;
  /** The host gets this IPv4 address instead of its own, as by a new lease; its routes come back with it. */
  renumber(v4: string): Promise<void>;
}

export const openUplink = ({ wan }: Pick<LabNames, 'wan'>): Uplink => ({
  cut: () => ipBatch(undefined, [`link set dev ${wan} down`]),
  cutCarrier: () => ipBatch(wan, ['link set dev host down']),
  restore: async () => {
    await ipBatch(wan, ['link set dev host up']);
    await configure(wan, [`${HOST.v4}/24`, `${HOST.v6}/64`]);
  },
  renumber: (v4) => configure(wan, [`${v4}/24`, `${HOST.v6}/64`]),
});

/** Those that are right already stay: nobody should notice a restoration that changes nothing. */
async function configure(device: string, addresses: readonly string[]): Promise<void> {
  await ipBatch(undefined, [`link set dev ${device} up`]);
  const { stdout } = await run(['ip', '-o', 'address', 'show', 'dev', device, 'scope', 'global']);
  const present = [...stdout.matchAll(/ inet6? (\S+) /g)].map(([, address]) => address ?? '');
  const excess = present.filter((address) => !addresses.includes(address));
  const missing = addresses.filter((address) => !present.includes(address));
  await ipBatch(undefined, [
    ...excess.map((address) => `address delete ${address} dev ${device}`),
    ...addressLines(device, ...missing),
  ]);
  await routeHostThrough(device);
}

export async function routeHostThrough(wan: string): Promise<void> {
  await run(['ip', '-4', 'route', 'replace', 'default', 'via', ROUTER.v4, 'dev', wan]);
  await run(['ip', '-6', 'route', 'replace', 'default', 'via', ROUTER.v6, 'dev', wan]);
}
