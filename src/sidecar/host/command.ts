import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Slots } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import { inside } from './inside.ts';
import { type IpLines, readIp, runIp } from './ip-by-netlink.ts';
import { SystemCallError } from './libc.ts';
import { type Child, type Ended, reap, spawnChild, spawnDetached } from './libc-spawn.ts';
import type { Namespace } from './netns.ts';
import { RuleCommits } from './rule-commits.ts';

export interface CommandOptions {
  /** Text for descriptor 0. */
  readonly input?: string;
  /** Until this has settled the input is not sent, though the program runs. */
  readonly inputAfter?: Promise<unknown>;
  /** Keeps descriptor 0 open after the input until this has settled, so that a program which reads on does not end yet. */
  readonly inputOpenFor?: Promise<unknown>;
  /** Exit codes besides 0 that are fine; say why at the call. */
  readonly okExitCodes?: readonly number[];
  /** Open files that the child gets as descriptors 3, 4, …; it names them /proc/self/fd/N. */
  readonly files?: readonly number[];
  readonly timeoutMs?: number;
  /** Whose network it has, with everything else of the host. Absent: the host's. */
  readonly namespace?: Namespace;
  /**
   * How many transactions of rules it makes. It is done when the kernel has them in force, and what it prints or how it ends
   * after that is lost; where the kernel doesn't tell, when it ends.
   */
  readonly commits?: number;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** What runs commands on this host. The only way by which this program changes the kernel's state. */
export type Run = (argv: readonly [string, ...string[]], options?: CommandOptions) => Promise<CommandResult>;

const DEFAULT_TIMEOUT_MS = 15_000;
/**
 * More of them only make each slower, until none is done in its time: a new daemon wants something of every session at once. Whose
 * rules are in force only waits to end, and is not counted.
 */
const slots = new Slots(8);
const NOTHING_PRINTED: CommandResult = { stdout: '', stderr: '', exitCode: 0 };
const COMMIT_LOOK_EVERY_MS = 1;
const QUICK_LOOKS = 10;
const LOOK_EVERY_MS = 2;

/**
 * Runs one program with an argument list; never a shell. No secret may stand in `argv`. Lines of ip(8) that can be done without the
 * program, to the same end, are (docs/adr/0024-ip-without-a-process.md): those have no timeout, since nobody can take back what the
 * kernel has begun.
 * @throws EgressError HOST_COMMAND_FAILED with the command and the last line it printed; NAMESPACE_GONE, NAMESPACE_IS_HOST
 */
export const run: Run = (argv, options = {}) => {
  const lines = readIp(argv, options.input);
  if (lines) return runLines(lines, argv, options);
  return slots.run(() => {
    const inForce = Promise.withResolvers<CommandResult>();
    return Promise.race([runNow(argv, options, inForce.resolve), inForce.promise]);
  });
};

async function runLines(
  lines: IpLines,
  argv: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> {
  try {
    return toResult(argv, { ...(await runIp(lines, options)), why: '' }, options.okExitCodes);
  } catch (cause) {
    if (cause instanceof SystemCallError) throw failure(argv, cause.message, cause);
    throw cause;
  }
}

const notWithin = (ms: number): string => `not done within ${ms} ms`;

type Done = (result: CommandResult) => void;

async function runNow(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
  onceInForce: Done,
): Promise<CommandResult> {
  const { input, files = [], namespace, commits: expected = 0 } = options;
  const commits = expected > 0 ? new RuleCommits(namespace) : undefined;
  try {
    const start = () => spawnChild(argv, { hasInput: input !== undefined, files });
    const child = started(argv, () => (namespace ? inside(namespace, start) : start()));
    const outcome = outcomeOf(child, options);
    if (commits && (await areInForce(commits, child.id, expected, outcome))) onceInForce(NOTHING_PRINTED);
    return toResult(argv, await outcome, options.okExitCodes);
  } finally {
    commits?.close();
  }
}

function toResult(
  argv: readonly [string, ...string[]],
  { stdout, stderr, exitCode, why }: Outcome,
  okExitCodes: readonly number[] = [],
): CommandResult {
  if (exitCode !== undefined && (exitCode === 0 || okExitCodes.includes(exitCode))) return { stdout, stderr, exitCode };
  throw failure(argv, stderr.trim().split('\n').at(-1) || why);
}

/** Whether that was so before it ended. */
async function areInForce(commits: RuleCommits, id: number, expected: number, end: Promise<unknown>): Promise<boolean> {
  let hasEnded = false;
  void end.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    if (commits.countOf(id) >= expected) return true;
    await sleep(COMMIT_LOOK_EVERY_MS);
  }
  return false;
}

function started<T>(argv: readonly [string, ...string[]], start: () => T): T {
  try {
    return start();
  } catch (cause) {
    if (cause instanceof SystemCallError) throw failure(argv, cause.message, cause);
    throw cause;
  }
}

const failure = (argv: readonly [string, ...string[]], why: string, cause?: unknown): EgressError =>
  new EgressError('HOST_COMMAND_FAILED', `running ${argv.join(' ')}: ${why}`, { cause, details: { program: argv[0] } });

interface Outcome extends Omit<CommandResult, 'exitCode'> {
  readonly exitCode: number | undefined;
  /** Where it printed nothing. */
  readonly why: string;
}

async function outcomeOf(
  child: Child,
  { input = '', inputAfter, inputOpenFor, timeoutMs = DEFAULT_TIMEOUT_MS }: CommandOptions,
): Promise<Outcome> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(child.id, 'SIGKILL');
    for (const stream of [child.output, child.errors]) stream.destroy(); // whoever else may still hold them
  }, timeoutMs);
  try {
    child.input?.on('error', () => undefined); // it may end without reading: its exit code tells
    void sendInput(child, input, [inputAfter, inputOpenFor]);
    const [stdout, stderr] = await Promise.all([collect(child.output), collect(child.errors)]);
    const end = await ended(child.id);
    const why = isLate ? notWithin(timeoutMs) : describe(end);
    return { stdout, stderr, exitCode: end.exitCode, why };
  } finally {
    clearTimeout(timer); // its id may soon be another's
  }
}

/** Never the end before the whole of it: a program that reads nothing does nothing, and calls that a success. */
async function sendInput(
  { input: pipe }: Child,
  text: string,
  [after, openFor]: readonly (Promise<unknown> | undefined)[],
): Promise<void> {
  await after?.catch(() => undefined);
  pipe?.write(text);
  await openFor?.catch(() => undefined);
  pipe?.end();
}

const describe = ({ exitCode, signal }: Ended): string =>
  exitCode === undefined ? `ended by signal ${signal}` : `exit code ${exitCode}`;

/** All that comes, until everyone has closed the other end. */
const collect = (stream: Socket): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined); // `close` comes after it
    stream.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });

/** A program whose output is closed has ended, or does so within a moment. */
async function ended(id: number): Promise<Ended> {
  for (let looks = 0; ; looks++) {
    const found = reap(id);
    if (found) return found;
    await sleep(looks < QUICK_LOOKS ? 0 : LOOK_EVERY_MS);
  }
}

export interface DaemonOptions {
  /** Besides a PATH of the system's folders; nothing of our own environment is handed on. No secret may stand here. */
  readonly env?: Readonly<Record<string, string>>;
  /** An open file for what it prints; without one that is lost. */
  readonly output?: number;
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts a program that outlives this one: in a session of its own, without a pipe to us that would break.
 * @throws EgressError HOST_COMMAND_FAILED where it could not be started at all.
 */
export function spawnDaemon(argv: readonly [string, ...string[]], { env = {}, output }: DaemonOptions = {}): number {
  const environment = Object.entries({ PATH: SYSTEM_PATH, ...env }).map(([name, value]) => `${name}=${value}`);
  const id = started(argv, () => spawnDetached(argv, { environment, output }));
  if (daemons.size === 0) process.on('SIGCHLD', reapDaemonsSoon);
  daemons.add(id);
  return id;
}

/** Those whose parent we are: one that has ended stays in the list of processes until it is asked how. */
const daemons = new Set<number>();

/** Hundreds are asked one by one, and the signal comes with the end of every other program as well. */
const REAP_AFTER_MS = 100;
let willReap = false;

function reapDaemonsSoon(): void {
  if (!willReap) setTimeout(reapDaemons, REAP_AFTER_MS).unref();
  willReap = true;
}

function reapDaemons(): void {
  willReap = false;
  for (const id of daemons) reapDaemon(id);
}

/** One that has ended leaves the list of processes now. */
export function reapDaemon(id: number): void {
  if (!daemons.has(id) || !hasEnded(id)) return;
  daemons.delete(id);
  if (daemons.size === 0) process.off('SIGCHLD', reapDaemonsSoon);
}

function hasEnded(id: number): boolean {
  try {
    return reap(id) !== undefined;
  } catch {
    return true; // it is no child of ours any more
  }
}
