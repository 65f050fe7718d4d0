import type { Run } from '../host/command.ts';
import { runInside } from '../host/netns.ts';
import { type PingPath, ping } from '../host/ping.ts';

/** What paths usually carry less than 1500 bytes for, and what a tunnel takes off that; RFC 8200 wants 1280 for IPv6. */
const CANDIDATES = [1420, 1392, 1360, 1320, 1280, 1200, 1120, 1000, 576];
const PROBE = { seconds: 1, intervalSeconds: 0.2 };

/**
 * The largest packet that comes through whole, at most `mtu`. The encrypted packet around it may be too large for the path,
 * and a path that eats ICMP tells nobody: then large downloads hang, and everything else works.
 * @param path its target answers pings: else every size looks too large
 * @returns undefined where none of the sizes came through
 */
export async function findPathMtu(path: PingPath, mtu: number): Promise<number | undefined> {
  for (const size of [mtu, ...CANDIDATES.filter((candidate) => candidate < mtu)]) {
    if (await ping(path, { ...PROBE, bytes: size })) return size;
  }
  return undefined;
}

/** Of the device inside. */
export async function setMtu(run: Run, { namespace, device }: Omit<PingPath, 'target'>, mtu: number): Promise<void> {
  await runInside(run, namespace, ['ip', 'link', 'set', 'dev', device, 'mtu', String(mtu)]);
}
