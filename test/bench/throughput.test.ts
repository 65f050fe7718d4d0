import { afterAll, expect, test } from 'vitest';
import { session } from '../support/control.ts';
import { inNamespace, sandboxKey } from '../support/docker.ts';
import { unique } from '../support/session.ts';
import { attempt } from '../support/shell.ts';
import { sleep } from '../support/wait.ts';
import { type ByHand, openVpnByHand, PLACES, type Place, wireGuardByHand } from './by-hand.ts';
import { cpuSecondsOf, machineCpuSeconds, residentOf } from './processes.ts';
import { Report, Series } from './report.ts';
import { interleaved, OPENVPN_TCP, OPENVPN_UDP, PLAIN, RUNS, SITE, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('throughput');
const BYTES = 150_000_000;
const STREAMS = [1, 4];
/** Until the path's MTU is found. */
const SETTLE_MS = 8_000;

/** Something to download through: a session's namespace, or one made by hand. */
interface Lane {
  readonly namespace: string;
  /** Of the tunnel. */
  readonly pid?: number;
}

const lanes = new Map<string, Lane>();
const containers: string[] = [];
const hands: ByHand[] = [];
afterAll(async () => {
  await bench.end(containers);
  for (const hand of hands) await hand.end();
});

async function addSession(way: string): Promise<string> {
  const name = unique('lane');
  await bench.start(way, name);
  containers.push(name);
  const { body } = await session(name);
  lanes.set(way, { namespace: await sandboxKey(name), ...(body.tunnel ? { pid: body.tunnel.process_id } : {}) });
  return name;
}

const byHand = (way: string, place: Place): string => `${way}, by hand, ${place}`;

async function addPair(
  way: string,
  device: string,
  make: (b: typeof bench, place: Place, mtu: number) => Promise<ByHand>,
) {
  const name = await addSession(way);
  await sleep(SETTLE_MS);
  const mtu = Number(/mtu (\d+)/.exec(await inNamespace(name, 'ip', 'link', 'show', 'dev', device))?.[1]);
  for (const place of PLACES) {
    const hand = await make(bench, place, mtu);
    hands.push(hand);
    lanes.set(byHand(way, place), hand);
  }
  return mtu;
}

interface Download {
  readonly megabits: number;
  /** A gigabit's cost. */
  readonly tunnelCpu: number;
  readonly machineCpu: number;
}

/** By the same program in every lane: the host's busybox, with nothing of Docker in between. */
const fetchInto = (namespace: string, bytes: number) =>
  attempt(['nsenter', `--net=${namespace}`, 'busybox', 'wget', '-q', '-O', '/dev/null', `${SITE}bytes/${bytes}`]);

async function download({ namespace, pid }: Lane, streams: number, bytes = BYTES): Promise<Download> {
  const cpu = () => ({ tunnel: pid === undefined ? Number.NaN : cpuSecondsOf(pid), machine: machineCpuSeconds() });
  const [before, began] = [cpu(), performance.now()];
  const results = await Promise.all(Array.from({ length: streams }, () => fetchInto(namespace, bytes / streams)));
  const seconds = (performance.now() - began) / 1000;
  const after = cpu();
  for (const { exitCode, stderr } of results) expect(exitCode, stderr).toBe(0);
  const gigabits = (bytes * 8) / 1e9;
  return {
    megabits: (gigabits * 1000) / seconds,
    tunnelCpu: (after.tunnel - before.tunnel) / gigabits,
    machineCpu: (after.machine - before.machine) / gigabits,
  };
}

const ratios = (ours: readonly number[] = [], theirs: readonly number[] = []): number[] =>
  ours.map((value, run) => value / (theirs[run] ?? Number.NaN));

test('downloads beside the same tools set up by hand', { timeout: 300_000 + RUNS * 300_000 }, async () => {
  await addSession(PLAIN);
  await addSession(OPENVPN_TCP);
  const mtu = {
    [WIREGUARD]: [await addPair(WIREGUARD, 'wg', wireGuardByHand)],
    [OPENVPN_UDP]: [await addPair(OPENVPN_UDP, 'tun0', openVpnByHand)],
  };
  report.add('MTU of the device, everywhere the same', '', mtu);
  for (const lane of lanes.values()) await download(lane, 1, 10_000_000);
  for (const streams of STREAMS) {
    const tunnelCpu = new Series();
    const machineCpu = new Series();
    const rates = await interleaved([...lanes.keys()], async (name) => {
      const lane = lanes.get(name);
      if (!lane) throw new Error(`no lane ${name}`);
      const result = await download(lane, streams);
      if (lane.pid !== undefined) tunnelCpu.push(name, result.tunnelCpu);
      machineCpu.push(name, result.machineCpu);
      return result.megabits;
    });
    const title = `download, ${streams === 1 ? 'one stream' : `${streams} streams`}`;
    report.add(title, 'Mbit/s', rates);
    report.add(`${title}: share of what the tool by hand has, run by run`, '×', ratiosOf(rates));
    report.add(`${title}: CPU of the tunnel’s process`, 's/Gbit', tunnelCpu.rows);
    report.add(`${title}: CPU of the whole machine, both ends`, 's/Gbit', machineCpu.rows);
  }
  const memory = [...lanes].flatMap(([name, { pid }]) =>
    pid === undefined ? [] : [[name, [residentOf(pid)]] as const],
  );
  report.add('memory of the tunnel’s process after that', 'MiB', Object.fromEntries(memory));
});

function ratiosOf(rates: Readonly<Record<string, readonly number[]>>): Record<string, number[]> {
  return Object.fromEntries(
    [WIREGUARD, OPENVPN_UDP].flatMap((way) =>
      PLACES.map((place) => [`${way}, to the one ${place}`, ratios(rates[way], rates[byHand(way, place)])]),
    ),
  );
}
