import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { Slots } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import { inside } from './inside.ts';
import { SystemCallError } from './libc.ts';
import { type Child, type Ended, reap, spawnChild } from './libc-spawn.ts';
import type { Namespace } from './netns.ts';

export interface CommandOptions {
  /** Text for descriptor 0. */
  readonly input?: string;
  /** Exit codes besides 0 that are fine; say why at the call. */
  readonly okExitCodes?: readonly number[];
  /** Open files that the child gets as descriptors 3, 4, …; it names them /proc/self/fd/N. */
  readonly files?: readonly number[];
  readonly timeoutMs?: number;
  /** Whose network it has, with everything else of the host. Absent: the host's. */
  readonly namespace?: Namespace;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** What runs commands on this host. The only way by which this program changes the kernel's state. */
export type Run = (argv: readonly [string, ...string[]], options?: CommandOptions) => Promise<CommandResult>;

const DEFAULT_TIMEOUT_MS = 15_000;
/** More of them only make each slower, until none is done in its time: a new daemon wants something of every session at once. */
const slots = new Slots(8);
const QUICK_LOOKS = 10;
const LOOK_EVERY_MS = 2;

/**
 * Runs one program with an argument list; never a shell. No secret may stand in `argv`.
 * @throws EgressError HOST_COMMAND_FAILED with the command and the last line it printed; NAMESPACE_GONE, NAMESPACE_IS_HOST
 */
export const run: Run = (argv, options) => slots.run(() => runNow(argv, options));

const runNow: Run = async (argv, options = {}) => {
  const { input, files = [], timeoutMs = DEFAULT_TIMEOUT_MS, namespace } = options;
  const start = () => spawnChild(argv, { hasInput: input !== undefined, files });
  const child = started(argv, () => (namespace ? inside(namespace, start) : start()));
  const { stdout, stderr, exitCode, why } = await outcomeOf(child, input, timeoutMs);
  if (exitCode !== undefined && (exitCode === 0 || options.okExitCodes?.includes(exitCode)))
    return { stdout, stderr, exitCode };
  throw failure(argv, stderr.trim().split('\n').at(-1) || why);
};

function started(argv: readonly [string, ...string[]], start: () => Child): Child {
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

async function outcomeOf(child: Child, input: string | undefined, timeoutMs: number): Promise<Outcome> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(child.id, 'SIGKILL');
    for (const stream of [child.output, child.errors]) stream.destroy(); // whoever else may still hold them
  }, timeoutMs);
  try {
    child.input?.on('error', () => undefined).end(input ?? ''); // it may end without reading: its exit code tells
    const [stdout, stderr] = await Promise.all([collect(child.output), collect(child.errors)]);
    const end = await ended(child.id);
    const why = isLate ? `not done within ${timeoutMs} ms` : describe(end);
    return { stdout, stderr, exitCode: end.exitCode, why };
  } finally {
    clearTimeout(timer); // its id may soon be another's
  }
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
export async function spawnDaemon(
  [program, ...args]: readonly [string, ...string[]],
  { env = {}, output }: DaemonOptions = {},
): Promise<number> {
  const child = execa(program, args, {
    detached: true,
    cleanup: false,
    cwd: '/',
    stdio: ['ignore', output ?? 'ignore', output ?? 'ignore'] as NonNullable<Options['stdio']>,
    buffer: false,
    extendEnv: false,
    env: { PATH: SYSTEM_PATH, ...env },
    reject: false,
  });
  child.unref();
  if (child.pid !== undefined) return child.pid;
  const { shortMessage, cause } = await child;
  throw new EgressError('HOST_COMMAND_FAILED', `starting ${program}: ${shortMessage}`, { cause, details: { program } });
}
