import { test } from 'vitest';
import { session, waitForState } from '../support/control.ts';
import { docker, inNamespace } from '../support/docker.ts';
import { dropLock, exitAddress, unique } from '../support/session.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { Report, Series } from './report.ts';
import { FAULTS, GATEWAY, OPENVPN_UDP, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('faults');
const EXIT = '203.0.113.11';
/** Until the first probe is answered: before that, silence proves nothing. */
const SETTLE_MS = 5_000;
const KINDS = [
  { way: WIREGUARD, device: 'wg' },
  { way: OPENVPN_UDP, device: 'tun0' },
] as const;

interface Subject {
  readonly way: string;
  readonly name: string;
  readonly device: string;
}

const isMended = async ({ name }: Subject): Promise<boolean> => (await exitAddress(name, { seconds: 1 })) === EXIT;

const DETAIL = { timeoutMs: 60_000, everyMs: 20 };
/** The state has left `connected`: what an operator sees. */
const leftConnected = ({ name }: Subject) =>
  waitFor(`${name} to notice`, async () => (await session(name)).body.state !== 'connected', DETAIL);
const works = (subject: Subject) => waitFor(`${subject.name} to work`, () => isMended(subject), DETAIL);

/** Times in seconds, counted from the fault; of a gateway, mending is counted from its return. */
interface Times {
  readonly noticed: number;
  readonly mended: number;
}

const since = (began: number): number => (performance.now() - began) / 1000;

async function afterItsDeath(subject: Subject, cause: () => Promise<unknown>): Promise<Times> {
  const began = performance.now();
  await cause();
  await leftConnected(subject);
  const noticed = since(began);
  await works(subject);
  return { noticed, mended: since(began) };
}

const killProcess = async (subject: Subject): Promise<Times> => {
  const { body } = await session(subject.name);
  return afterItsDeath(subject, async () => process.kill(body.tunnel.process_id, 'SIGKILL'));
};

const deleteDevice = (subject: Subject): Promise<Times> =>
  afterItsDeath(subject, () => inNamespace(subject.name, 'ip', 'link', 'delete', 'dev', subject.device));

/** The session stays connected; noticed is when the lock stands again. */
async function flushRules(subject: Subject): Promise<Times> {
  const began = performance.now();
  await dropLock(subject.name);
  await inNamespace(subject.name, 'ip', 'rule', 'flush');
  const policy = async () => (await inNamespace(subject.name, 'iptables', '-S', 'OUTPUT')).includes('-P OUTPUT DROP');
  await waitFor('the lock', policy, DETAIL);
  const noticed = since(began);
  await works(subject);
  return { noticed, mended: since(began) };
}

/** For all sessions at once: they have the same gateway. */
async function cutGateway(subjects: readonly Subject[]): Promise<Times[]> {
  const began = performance.now();
  await bench.lab.gateway(GATEWAY).cut();
  const noticed = await Promise.all(subjects.map((subject) => leftConnected(subject).then(() => since(began))));
  await bench.lab.gateway(GATEWAY).restore();
  const back = performance.now();
  const mended = await Promise.all(subjects.map((subject) => works(subject).then(() => since(back))));
  return subjects.map((_, index) => ({ noticed: noticed[index] ?? Number.NaN, mended: mended[index] ?? Number.NaN }));
}

const each = (fault: (subject: Subject) => Promise<Times>) => (subjects: readonly Subject[]) =>
  Promise.all(subjects.map(fault));

async function underTraffic(subjects: readonly Subject[]): Promise<Times[]> {
  for (const { name } of subjects) await docker('exec', '-d', name, 'ping', '203.0.113.80');
  await sleep(2_000);
  return cutGateway(subjects);
}

const FAULTS_BY_NAME = {
  'the gateway dies, at rest': cutGateway,
  'the gateway dies, under traffic': underTraffic,
  'the tunnel’s process is killed': each(killProcess),
  'its device is deleted': each(deleteDevice),
  'lock and rules are flushed inside': each(flushRules),
};

test.each(Object.entries(FAULTS_BY_NAME))('%s', { timeout: 60_000 + FAULTS * 120_000 }, async (what, fault) => {
  const noticed = new Series();
  const mended = new Series();
  for (let run = 0; run < FAULTS; run++) {
    const subjects = KINDS.map(({ way, device }) => ({ way, device, name: unique('fault') }));
    await Promise.all(subjects.map(({ way, name }) => bench.start(way, name)));
    await Promise.all(subjects.map(({ name }) => waitForState(name, 'connected')));
    await sleep(SETTLE_MS);
    for (const [index, times] of (await fault(subjects)).entries()) {
      const way = subjects[index]?.way ?? '';
      noticed.push(way, times.noticed);
      mended.push(way, times.mended);
    }
    await bench.end(subjects.map(({ name }) => name));
  }
  report.add(`${what}: until it is noticed`, 's', noticed.rows);
  report.add(`${what}: until a page comes again`, 's', mended.rows);
});
