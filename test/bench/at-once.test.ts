import { onTestFinished, test } from 'vitest';
import { listen, putLaunchScript } from '../support/control.ts';
import { docker, tryDockerWithin } from '../support/docker.ts';
import { DRIVER, launchScript, unique } from '../support/session.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { areSettled, firstTimes } from './arrivals.ts';
import { type Asking, startAsking } from './asking.ts';
import { quantile } from './figures.ts';
import { Report, Series } from './report.ts';
import { BRIDGE, GATEWAY, LARGEST, PLAIN, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('starting all at once');
const NETWORK = 'all_at_once';
/** The most that a network takes: nobody is given up for having been slow. */
const PATIENCE_SECONDS = 600;
const AT_REST_MS = 10_000;
const LIMIT_MS = (2 * PATIENCE_SECONDS + 600) * 1000;

const returned = new Series();
const connected = new Series();
const failed = new Series();
const answers = new Series();

interface Run {
  readonly name: string;
  /** Until `docker run` returned. */
  readonly seconds: number;
  /** Why it failed. */
  readonly error: string | undefined;
}

const newNames = (): string[] => {
  const names = Array.from({ length: LARGEST }, () => unique('once'));
  onTestFinished(() => bench.end(names), LIMIT_MS);
  return names;
};

async function run(name: string, network: string, began: number): Promise<Run> {
  const argv = ['run', '-d', '--name', name, '--network', network, 'bb:latest'];
  const { exitCode, stderr } = await tryDockerWithin(PATIENCE_SECONDS * 1000, ...argv);
  const seconds = (Date.now() - began) / 1000;
  return { name, seconds, error: exitCode === 0 ? undefined : `exit code ${exitCode}: ${stderr}` };
}

/** Gives those that Docker has started. */
function countRuns(way: string, runs: readonly Run[]): string[] {
  const errors = runs.flatMap(({ error }) => error ?? []);
  failed.push(`${way}: \`docker run\``, errors.length);
  for (const error of new Set(errors.slice(0, 3))) console.log(error);
  const good = runs.filter(({ error }) => error === undefined);
  for (const { seconds } of good) returned.push(way, seconds);
  return good.map(({ name }) => name);
}

async function countAnswers(meanwhile: string, asking: Asking): Promise<void> {
  const took = await asking.end();
  const push = (what: string, share: number) =>
    answers.push(`${meanwhile}: ${what}`, quantile(took, share) ?? Number.NaN);
  push('the median', 0.5);
  push('the 99th percentile', 0.99);
  push('the maximum', 1);
}

/** The network's deadline counts where a launch script has none. */
async function sendLaunchScripts(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const client = await bench.lab.gateway(GATEWAY).addClient();
    await putLaunchScript(name, launchScript(client, {}, { deadline_seconds: undefined }));
  }
}

test('at rest', async () => {
  const asking = await startAsking();
  await sleep(AT_REST_MS);
  await countAnswers('at rest', asking);
});

test(`${LARGEST} × ${PLAIN}`, { timeout: LIMIT_MS }, async () => {
  const names = newNames();
  const asking = await startAsking();
  const began = Date.now();
  countRuns(PLAIN, await Promise.all(names.map((name) => run(name, BRIDGE, began))));
  await countAnswers('while as many of Docker’s own start', asking);
});

test(`${LARGEST} × ${WIREGUARD}`, { timeout: LIMIT_MS }, async () => {
  const names = newNames();
  await docker('network', 'create', '-d', DRIVER, '-o', `deadline=${PATIENCE_SECONDS}`, NETWORK);
  await sendLaunchScripts(names);
  const { events, end } = await listen();
  const asking = await startAsking();
  const began = Date.now();
  const started = countRuns(WIREGUARD, await Promise.all(names.map((name) => run(name, NETWORK, began))));
  const settled = () => areSettled(events, started);
  await waitFor('all to be connected', settled, { timeoutMs: PATIENCE_SECONDS * 1000 }).catch(() => undefined); // counted
  await countAnswers('while sessions start', asking);
  end();
  const times = firstTimes(events, 'connected');
  for (const name of started) connected.push(WIREGUARD, ((times.get(name) ?? Number.NaN) - began) / 1000);
  failed.push(`${WIREGUARD}: not connected`, started.filter((name) => !times.has(name)).length);
});

test('the tables', () => {
  const all = `${LARGEST} × \`docker run\` at the same moment`;
  report.add(`${all}: until it has returned`, 's', returned.rows);
  report.add(`${all}: until connected`, 's', connected.rows);
  report.add(`${all}: how many failed`, '', failed.rows);
  const question = `answer time of a question that needs nothing, while ${LARGEST} sessions start`;
  report.add(`${question}: the event loop’s delay, and the socket’s`, 'ms', answers.rows);
});
