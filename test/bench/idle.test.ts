import { expect, onTestFinished, test } from 'vitest';
import { control, session } from '../support/control.ts';
import { networkLog } from '../support/sidecar.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { Fleet } from './fleet.ts';
import { cpuSecondsOf, descriptorCount, processCount, residentOf } from './processes.ts';
import { Report, Series } from './report.ts';
import { roomNow, whatLacks } from './room.ts';
import { OPENVPN_MOST, OPENVPN_UDP, restingSizesOf, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('sessions at rest');
const WINDOW_SECONDS = 30;
const WINDOWS = 3;
const RESTARTS = 3;
/** After the last one is connected: by then first probes are done, locks were looked at once, and memory is given back. */
const SETTLE_MS = 60_000;
const LISTS = 10;
const LIMIT_MS = 600_000 + Math.max(...restingSizesOf(WIREGUARD)) * 20_000;

/** Shares of a core, in percent, over the same time. */
async function cpuOf(pids: readonly number[], seconds: number): Promise<number[]> {
  const before = pids.map(cpuSecondsOf);
  await sleep(seconds * 1000);
  return pids.map((pid, index) => ((cpuSecondsOf(pid) - (before[index] ?? 0)) / seconds) * 100);
}

async function listSessions(size: number): Promise<number> {
  const began = performance.now();
  const { body } = await control('GET', '/v1/sessions');
  const took = performance.now() - began;
  expect(body.sessions.length).toBeGreaterThanOrEqual(size);
  return took;
}

/** Seconds from the new daemon's start until its socket is there, and until every session is known again. */
async function restart(size: number): Promise<{ socket: number; all: number }> {
  const foundAgain = async () => (await networkLog()).split('Found again in state').length - 1;
  const before = await foundAgain();
  await bench.sidecar.kill();
  const began = performance.now();
  const socket = await bench.sidecar.start();
  await waitFor('all sessions to be found again', async () => (await foundAgain()) - before >= size, {
    everyMs: 20,
    timeoutMs: 60_000,
  });
  return { socket: socket / 1000, all: (performance.now() - began) / 1000 };
}

const tunnelOf = async (name: string): Promise<number> => (await session(name)).body.tunnel.process_id;

const daemonCpu = new Series();
const daemonMemory = new Series();
const tunnelCpu = new Series();
const tunnelMemory = new Series();
const processes = new Series();
const descriptors = new Series();
const tunnelDescriptors = new Series();
const listMs = new Series();
const socketSeconds = new Series();
const againSeconds = new Series();

async function measureDaemonCpu(title: string): Promise<void> {
  for (let window = 0; window < WINDOWS; window++)
    for (const percent of await cpuOf([bench.sidecar.pid], WINDOW_SECONDS)) daemonCpu.push(title, percent);
}

async function measureAtRest(title: string, names: readonly string[]): Promise<void> {
  const tunnels = await Promise.all(names.map(tunnelOf));
  const [percents] = await Promise.all([cpuOf(tunnels, WINDOWS * WINDOW_SECONDS), measureDaemonCpu(title)]);
  daemonMemory.push(title, residentOf(bench.sidecar.pid));
  for (const percent of percents) tunnelCpu.push(title, percent);
  for (const pid of tunnels) tunnelMemory.push(title, residentOf(pid));
  descriptors.push(title, descriptorCount(bench.sidecar.pid));
  for (const pid of tunnels) tunnelDescriptors.push(title, descriptorCount(pid));
  for (let run = 0; run < LISTS; run++) listMs.push(title, await listSessions(names.length));
}

async function measureRestarts(title: string, size: number): Promise<void> {
  for (let run = 0; run < RESTARTS; run++) {
    const { socket, all } = await restart(size);
    socketSeconds.push(title, socket);
    againSeconds.push(title, all);
  }
}

test('no session', { timeout: LIMIT_MS }, async () => {
  await measureDaemonCpu('no session');
  daemonMemory.push('no session', residentOf(bench.sidecar.pid));
});

test.each([WIREGUARD, OPENVPN_UDP])('%s', { timeout: LIMIT_MS }, async (way) => {
  const before = processCount();
  const fleet = new Fleet(bench, way);
  onTestFinished(() => fleet.end(), LIMIT_MS);
  for (const size of restingSizesOf(way)) {
    const title = `${size} sessions, ${way}`;
    const lack = whatLacks(size - fleet.names.length, roomNow(bench.sidecar.pid));
    if (lack !== undefined) {
      report.note(`${title} did not fit: ${lack}.`);
      break;
    }
    await fleet.growTo(size);
    await sleep(SETTLE_MS);
    processes.push(title, (processCount() - before) / size);
    await measureAtRest(title, fleet.names);
    await measureRestarts(title, size);
  }
});

const titled = (what: string): string => `${what} (OpenVPN: up to ${OPENVPN_MOST} sessions)`;

test('the tables', () => {
  report.add(titled('CPU of the daemon at rest, with its ended children'), '% of a core', daemonCpu.rows);
  report.add(titled('CPU of each tunnel’s process at rest'), '% of a core', tunnelCpu.rows);
  report.add(titled('memory of the daemon'), 'MiB', daemonMemory.rows);
  report.add(titled('memory of each tunnel’s process'), 'MiB', tunnelMemory.rows);
  report.add(titled('processes for each session, but for the container’s'), '', processes.rows);
  report.add(titled('open files of the daemon'), '', descriptors.rows);
  report.add(titled('open files of each tunnel’s process'), '', tunnelDescriptors.rows);
  report.add(titled('GET /v1/sessions'), 'ms', listMs.rows);
  report.add(titled('a new daemon after kill -9: to its socket'), 's', socketSeconds.rows);
  report.add(titled('a new daemon after kill -9: until all sessions are known again'), 's', againSeconds.rows);
});
