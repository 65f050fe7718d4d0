import { execa } from 'execa';
import { expect, test } from 'vitest';
import { attempt } from '../support/shell.ts';
import { sleep } from '../support/wait.ts';
import { Lanes, sharesOfByHand } from './lanes.ts';
import { type Pings, parsePings } from './ping.ts';
import { Report, Series } from './report.ts';
import { interleaved, PLAIN, RUNS, SITE, useBench } from './ways.ts';

const bench = useBench();
const report = new Report('latency');
const lanes = new Lanes(bench);
const PINGS = 200;
const EVERY_SECONDS = 0.01;
/** Until a download has its full speed. */
const RAMP_MS = 1_000;

/** By the same program in every lane: the host's busybox. */
const insideOf = (namespace: string, ...argv: string[]): [string, ...string[]] => [
  'nsenter',
  `--net=${namespace}`,
  'busybox',
  ...argv,
];

async function ping(namespace: string): Promise<Pings> {
  const options = ['-q', '-i', String(EVERY_SECONDS), '-c', String(PINGS)];
  const { stdout } = await attempt(insideOf(namespace, 'ping', ...options, new URL(SITE).hostname));
  return parsePings(stdout);
}

async function pingBesideDownload(namespace: string): Promise<Pings> {
  const [program, ...argv] = insideOf(namespace, 'wget', '-q', '-O', '/dev/null', `${SITE}endless`);
  const download = execa(program, argv, { reject: false, stdin: 'ignore' });
  await sleep(RAMP_MS);
  const pings = await ping(namespace);
  download.kill('SIGTERM');
  const { signal, stderr } = await download;
  expect(signal, `the download has not gone on: ${stderr}`).toBe('SIGTERM');
  return pings;
}

/** What a lane adds to Docker's own, run by run. */
const added = (results: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(results)
      .filter(([name]) => name !== PLAIN)
      .map(([name, values]) => [name, values.map((value, run) => value - (results[PLAIN]?.[run] ?? Number.NaN))]),
  );

test('round trips beside the same tools set up by hand', { timeout: 300_000 + RUNS * 300_000 }, async () => {
  report.add('MTU of the device, everywhere the same', '', await lanes.open());
  for (const { namespace } of lanes.all.values()) await ping(namespace);
  for (const [when, measure] of [
    ['at rest', ping],
    ['while one stream downloads', pingBesideDownload],
  ] as const) {
    const lost = new Series();
    const averages = await interleaved([...lanes.all.keys()], async (name) => {
      const pings = await measure(lanes.lane(name).namespace);
      lost.push(name, pings.lost);
      return pings.averageMs;
    });
    const title = `round trip of a ping, ${when}`;
    report.add(`${title}: average of ${PINGS}, ${EVERY_SECONDS * 1000} ms apart`, 'ms', averages);
    report.add(`${title}: added to that of Docker’s user-defined bridge, run by run`, 'ms', added(averages));
    report.add(`${title}: share of what the tool by hand has, run by run`, '×', sharesOfByHand(averages));
    report.add(`${title}: how many of ${PINGS} were lost`, '', lost.rows);
  }
});
