import { test } from 'vitest';
import { session } from '../support/control.ts';
import { unique } from '../support/session.ts';
import { sleep } from '../support/wait.ts';
import { cpuSecondsOf, processCount, residentOf } from './processes.ts';
import { Report } from './report.ts';
import { OPENVPN_UDP, SESSIONS, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('sessions at rest');
const MEASURED_SECONDS = 30;
/** After the last one is connected: first probes and path MTU are done by then. */
const SETTLE_MS = 20_000;
const AT_ONCE = 10;

/** Shares of a core, in percent, over the same time. */
async function cpuOf(pids: readonly number[]): Promise<number[]> {
  const before = pids.map(cpuSecondsOf);
  await sleep(MEASURED_SECONDS * 1000);
  return pids.map((pid, index) => ((cpuSecondsOf(pid) - (before[index] ?? 0)) / MEASURED_SECONDS) * 100);
}

async function startAll(way: string): Promise<string[]> {
  const names = Array.from({ length: SESSIONS }, () => unique('idle'));
  for (let first = 0; first < names.length; first += AT_ONCE)
    await Promise.all(names.slice(first, first + AT_ONCE).map((name) => bench.start(way, name)));
  return names;
}

const tunnelOf = async (name: string): Promise<number> => (await session(name)).body.tunnel.process_id;

test('the daemon and the tunnels at rest', async () => {
  const cpu: Record<string, readonly number[]> = { 'no session': await cpuOf([bench.sidecar.pid]) };
  const memory: Record<string, readonly number[]> = { 'no session': [residentOf(bench.sidecar.pid)] };
  const tunnelCpu: Record<string, readonly number[]> = {};
  const tunnelMemory: Record<string, readonly number[]> = {};
  const processes: Record<string, readonly number[]> = {};
  for (const way of [WIREGUARD, OPENVPN_UDP]) {
    const title = `${SESSIONS} sessions, ${way}`;
    const before = processCount();
    const names = await startAll(way);
    await sleep(SETTLE_MS);
    const tunnels = await Promise.all(names.map(tunnelOf));
    const [daemon = Number.NaN, ...others] = await cpuOf([bench.sidecar.pid, ...tunnels]);
    cpu[title] = [daemon];
    memory[title] = [residentOf(bench.sidecar.pid)];
    tunnelCpu[title] = others;
    tunnelMemory[title] = tunnels.map(residentOf);
    processes[title] = [(processCount() - before) / SESSIONS];
    await bench.end(names);
  }
  report.add('CPU of the daemon at rest, with its ended children', '% of a core', cpu);
  report.add('CPU of each tunnel’s process at rest', '% of a core', tunnelCpu);
  report.add('memory of the daemon', 'MiB', memory);
  report.add('memory of each tunnel’s process', 'MiB', tunnelMemory);
  report.add('processes for each session, but for the container’s', '', processes);
});
