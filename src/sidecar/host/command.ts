import { execa, type Options } from 'execa';
import { EgressError } from '../../shared/errors.ts';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

export interface CommandOptions {
  /** Text for descriptor 0. Programs that open /dev/stdin by its path can't read it: Node gives a socket. */
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

/**
 * Runs one program with an argument list; never a shell. No secret may stand in `argv`.
 * @throws EgressError HOST_COMMAND_FAILED with the command and the last line it printed; NAMESPACE_GONE, NAMESPACE_IS_HOST
 */
export const run: Run = async ([program, ...args], options = {}) => {
  const { input, files = [], timeoutMs = DEFAULT_TIMEOUT_MS, namespace } = options;
  const start = () =>
    execa(program, args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...files] as NonNullable<Options['stdio']>,
      ...(input === undefined ? {} : { input }),
      timeout: timeoutMs,
      reject: false,
      stripFinalNewline: false,
    });
  // A child process has the network of the thread that forks it, and this one forks before `start` returns.
  const result = await (namespace ? inside(namespace, start) : start());
  const stdout = String(result.stdout ?? '');
  const stderr = String(result.stderr ?? '');
  const { exitCode } = result;
  if (exitCode !== undefined && (exitCode === 0 || options.okExitCodes?.includes(exitCode))) {
    return { stdout, stderr, exitCode };
  }
  const why = stderr.trim().split('\n').at(-1) || result.shortMessage || `exit code ${exitCode}`;
  throw new EgressError('HOST_COMMAND_FAILED', `running ${[program, ...args].join(' ')}: ${why}`, {
    cause: result.cause,
    details: { program },
  });
};

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
