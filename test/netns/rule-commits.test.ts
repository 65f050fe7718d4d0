import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/sidecar/host/command.ts';
import { restoreInside } from '../../src/sidecar/host/iptables.ts';
import type { Namespace } from '../../src/sidecar/host/netns.ts';
import { inside, makeNamespace, Undo, until } from './wireguard-server.ts';

/** So long a program's input stays open here: by then, whoever waits for its end is late. */
const OPEN_MS = 2_000;
const tableOf = (name: string, ...rules: string[]): string => [`*${name}`, ...rules, 'COMMIT', ''].join('\n');
const CLOSED = tableOf('filter', ':INPUT DROP', ':OUTPUT DROP', '-A OUTPUT -o lo -j ACCEPT');
const CLOSED_EARLY = tableOf('mangle', ':OUTPUT DROP');

let undo: Undo;
let namespace: Namespace;
beforeEach(async () => {
  undo = new Undo();
  namespace = await makeNamespace(undo);
});
afterEach(() => undo.all());

const restore = (text: string, commits: number, program = 'iptables-restore', openMs = OPEN_MS) =>
  run([program, '--wait', '5'], {
    namespace,
    input: text,
    commits,
    inputOpenFor: sleep(openMs, undefined, { ref: false }),
  });
const rulesOf = async (argv: readonly [string, ...string[]]): Promise<string> => (await inside(namespace, argv)).stdout;
const timed = async (work: Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work;
  return performance.now() - began;
};

test('is done when its transactions are in force, before the program ends', async () => {
  expect(await timed(restore(CLOSED_EARLY + CLOSED, 2))).toBeLessThan(OPEN_MS / 2);
  expect(await rulesOf(['iptables', '-S', 'OUTPUT'])).toBe('-P OUTPUT DROP\n-A OUTPUT -o lo -j ACCEPT\n');
  expect(await rulesOf(['iptables', '-t', 'mangle', '-S', 'OUTPUT'])).toBe('-P OUTPUT DROP\n');
});

test('not before the last of them is', async () => {
  expect(await timed(restore(CLOSED_EARLY, 2))).toBeGreaterThanOrEqual(OPEN_MS - 50);
});

test('another program’s transactions do not count', async () => {
  const waiting = timed(restore('', 1, 'iptables-restore', 500));
  await run(['iptables-restore'], { namespace, input: CLOSED });
  expect(await waiting).toBeGreaterThanOrEqual(450);
});

test('a table that is refused is an error, though the one before it stands', async () => {
  const bad = tableOf('filter', '-A NO-SUCH-CHAIN -j ACCEPT');
  await expect(restore(CLOSED_EARLY + bad, 2)).rejects.toMatchObject({ code: 'HOST_COMMAND_FAILED' });
  expect(await rulesOf(['iptables', '-t', 'mangle', '-S', 'OUTPUT'])).toBe('-P OUTPUT DROP\n');
});

test('iptables-legacy, whose transactions nobody hears of: when it ends', async () => {
  await restore(CLOSED, 1, 'iptables-legacy-restore', 0);
  expect(await rulesOf(['iptables-legacy', '-S', 'OUTPUT'])).toContain('-P OUTPUT DROP');
});

test('both families of a lock stand when it is done, and its programs end', async () => {
  const texts = new Map([
    [4, CLOSED_EARLY + CLOSED],
    [6, CLOSED_EARLY + CLOSED],
  ] as const);
  for (let round = 0; round < 5; round++) {
    await restoreInside(run, namespace, texts);
    for (const program of ['iptables', 'ip6tables'])
      expect(await rulesOf([program, '-S', 'OUTPUT'])).toBe('-P OUTPUT DROP\n-A OUTPUT -o lo -j ACCEPT\n');
  }
  const children = async () =>
    (await run(['pgrep', '-P', String(process.pid), 'tables-restore'], { okExitCodes: [1] })).stdout;
  await until(async () => (await children()) === '');
});
