import { expect, test } from 'vitest';
import { attempt } from '../support/shell.ts';
import { type Lane, Lanes, sharesOfByHand } from './lanes.ts';
import { cpuSecondsOf, machineCpuSeconds, residentOf } from './processes.ts';
import { Report, Series } from './report.ts';
import { interleaved, RUNS, SITE, useBench } from './ways.ts';

const bench = useBench();
const report = new Report('throughput');
const lanes = new Lanes(bench);
const BYTES = 150_000_000;
const STREAMS = [1, 4];

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

test('downloads beside the same tools set up by hand', { timeout: 300_000 + RUNS * 300_000 }, async () => {
  report.add('MTU of the device, everywhere the same', '', await lanes.open());
  for (const lane of lanes.all.values()) await download(lane, 1, 10_000_000);
  for (const streams of STREAMS) {
    const tunnelCpu = new Series();
    const machineCpu = new Series();
    const rates = await interleaved([...lanes.all.keys()], async (name) => {
      const lane = lanes.lane(name);
      const result = await download(lane, streams);
      if (lane.pid !== undefined) tunnelCpu.push(name, result.tunnelCpu);
      machineCpu.push(name, result.machineCpu);
      return result.megabits;
    });
    const title = `download, ${streams === 1 ? 'one stream' : `${streams} streams`}`;
    report.add(title, 'Mbit/s', rates);
    report.add(`${title}: share of what the tool by hand has, run by run`, '×', sharesOfByHand(rates));
    report.add(`${title}: CPU of the tunnel’s process`, 's/Gbit', tunnelCpu.rows);
    report.add(`${title}: CPU of the whole machine, both ends`, 's/Gbit', machineCpu.rows);
  }
  const memory = [...lanes.all].flatMap(([name, { pid }]) =>
    pid === undefined ? [] : [[name, [residentOf(pid)]] as const],
  );
  report.add('memory of the tunnel’s process after that', 'MiB', Object.fromEntries(memory));
});
