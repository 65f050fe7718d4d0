import { familyOf } from '../../shared/ip.ts';
import type { Run } from '../host/command.ts';
import { type Namespace, runInside } from '../host/netns.ts';

/** What paths usually carry less than 1500 bytes for, and what a tunnel takes off that; RFC 8200 wants 1280 for IPv6. */
const CANDIDATES = [1420, 1392, 1360, 1320, 1280, 1200, 1120, 1000, 576];
const SECONDS = 1;
const INTERVAL_SECONDS = 0.2;
/** RFC 792, RFC 4443: the IP header and ICMP's own. */
const HEADERS = { 4: 28, 6: 48 } as const;

/** Inside of a tunnel that is up: whom to ask there. */
export interface PathEnd {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly device: string;
  /** Answers pings: else every size looks too large. */
  readonly target: string;
}

/**
 * The largest packet that comes through whole, at most `mtu`. The encrypted packet around it may be too large for the path,
 * and a path that eats ICMP tells nobody: then large downloads hang, and everything else works.
 * @returns undefined where none of the sizes came through
 */
export async function findPathMtu(end: PathEnd, mtu: number): Promise<number | undefined> {
  for (const size of [mtu, ...CANDIDATES.filter((candidate) => candidate < mtu)]) {
    if (await passes(end, size)) return size;
  }
  return undefined;
}

async function passes({ run, namespace, device, target }: PathEnd, size: number): Promise<boolean> {
  const payload = size - HEADERS[familyOf(target)];
  const times = ['-w', String(SECONDS), '-i', String(INTERVAL_SECONDS)];
  const options = ['-q', '-n', '-c', '1', ...times, '-M', 'do', '-s', String(payload), '-I', device];
  const { exitCode } = await runInside(run, namespace, ['ping', ...options, target], { okExitCodes: [1, 2] }); // no answer
  return exitCode === 0;
}

/** Of the device inside. */
export async function setMtu({ run, namespace, device }: Omit<PathEnd, 'target'>, mtu: number): Promise<void> {
  await runInside(run, namespace, ['ip', 'link', 'set', 'dev', device, 'mtu', String(mtu)]);
}
