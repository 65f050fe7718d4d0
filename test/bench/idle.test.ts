import { expect, test } from 'vitest';
import { control, session } from '../support/control.ts';
import { unique } from '../support/session.ts';
import { networkLog } from '../support/sidecar.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { cpuSecondsOf, descriptorCount, processCount, residentOf } from './processes.ts';
import { Report, Series } from './report.ts';
import { OPENVPN_UDP, SESSIONS, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('sessions at rest');
const MEASURED_SECONDS = 30;
/** After the last one is connected: first probes and path MTU are done by then. */
const SETTLE_MS = 20_000;
const AT_ONCE = 4;
const LIMIT_MS = 600_000 + SESSIONS * 20_000;

/** Shares of a core, in percent, over the same time. */
async function cpuOf(pids: readonly number[]): Promise<number[]> {
  const before = pids.map(cpuSecondsOf);
  await sleep(MEASURED_SECONDS * 1000);
  return pids.map((pid, index) => ((cpuSecondsOf(pid) - (before[index] ?? 0)) / MEASURED_SECONDS) * 100);
}

async function startAll(way: string): Promise<string[]> {
  const names = Array.from({ length: SESSIONS }, () => unique('idle'));
  for (let first = 0; first < names.length; first += AT_ONCE) {
    const began = performance.now();
    await Promise.all(names.slice(first, first + AT_ONCE).map((name) => bench.start(way, name)));
    const part = first < SESSIONS / 2 ? 'the first half' : 'the second half';
    startSeconds.push(`${titleOf(way)}, ${part}`, (performance.now() - began) / 1000);
  }
  return names;
}

async function listSessions(): Promise<number> {
  const began = performance.now();
  const { body } = await control('GET', '/v1/sessions');
  expect(JSON.stringify(body).match(/"idle-\d+"/g)?.length).toBeGreaterThanOrEqual(SESSIONS);
  return performance.now() - began;
}

/** Seconds from the new daemon's start until its socket is there, and until every session is known again. */
async function restart(): Promise<{ socket: number; all: number }> {
  const foundAgain = async () => (await networkLog()).split('Found again in state').length - 1;
  const before = await foundAgain();
  await bench.sidecar.kill();
  const began = performance.now();
  const socket = await bench.sidecar.start();
  await waitFor('all sessions to be found again', async () => (await foundAgain()) - before >= SESSIONS, {
    everyMs: 20,
    timeoutMs: 60_000,
  });
  return { socket: socket / 1000, all: (performance.now() - began) / 1000 };
}

const tunnelOf = async (name: string): Promise<number> => (await session(name)).body.tunnel.process_id;

const titleOf = (way: string): string => `${SESSIONS} sessions, ${way}`;

const daemonCpu = new Series();
const daemonMemory = new Series();
const tunnelCpu = new Series();
const tunnelMemory = new Series();
const processes = new Series();
const startSeconds = new Series();
const descriptors = new Series();
const listMs = new Series();
const socketSeconds = new Series();
const againSeconds = new Series();

test('no session', async () => {
  for (const percent of await cpuOf([bench.sidecar.pid])) daemonCpu.push('no session', percent);
  daemonMemory.push('no session', residentOf(bench.sidecar.pid));
});

test.each([WIREGUARD, OPENVPN_UDP])('%s', { timeout: LIMIT_MS }, async (way) => {
  const title = titleOf(way);
  const before = processCount();
  const names = await startAll(way);
  await sleep(SETTLE_MS);
  const tunnels = await Promise.all(names.map(tunnelOf));
  const [daemon = Number.NaN, ...others] = await cpuOf([bench.sidecar.pid, ...tunnels]);
  daemonCpu.push(title, daemon);
  daemonMemory.push(title, residentOf(bench.sidecar.pid));
  for (const percent of others) tunnelCpu.push(title, percent);
  for (const pid of tunnels) tunnelMemory.push(title, residentOf(pid));
  processes.push(title, (processCount() - before) / SESSIONS);
  descriptors.push(title, descriptorCount(bench.sidecar.pid));
  for (let run = 0; run < 10; run++) listMs.push(title, await listSessions());
  const { socket, all } = await restart();
  socketSeconds.push(title, socket);
  againSeconds.push(title, all);
  await bench.end(names);
});

test('the tables', () => {
  report.add('CPU of the daemon at rest, with its ended children', '% of a core', daemonCpu.rows);
  report.add('CPU of each tunnel’s process at rest', '% of a core', tunnelCpu.rows);
  report.add('memory of the daemon', 'MiB', daemonMemory.rows);
  report.add('memory of each tunnel’s process', 'MiB', tunnelMemory.rows);
  report.add('processes for each session, but for the container’s', '', processes.rows);
  report.add('open files of the daemon', '', descriptors.rows);
  report.add(`\`docker run\` to connected, ${AT_ONCE} at once`, 's', startSeconds.rows);
  report.add('GET /v1/sessions', 'ms', listMs.rows);
  report.add('a new daemon after kill -9: to its socket', 's', socketSeconds.rows);
  report.add('a new daemon after kill -9: until all sessions are known again', 's', againSeconds.rows);
});
