import { constants, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { poll } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import { type DaemonOptions, reapDaemon, spawnDaemon } from './command.ts';
import { outliveUs } from './outlive.ts';
import { statOf, threadsOf } from './proc.ts';

/** A process, so that it can be told from a later one that was given the same id. */
export interface ProcessIdentity {
  readonly id: number;
  /** /proc/<pid>/stat, field 22: clock ticks since boot. */
  readonly startTime: string;
}

export interface FoundProcess extends ProcessIdentity {
  readonly argv: readonly string[];
}

/** proc(5): field 22 of stat, of which `statOf` gives those from the third on. */
const START_TIME = 22 - 3;
const TERM_DEADLINE_MS = 2000;
const KILL_DEADLINE_MS = 2000;
const POLL_MS = 3;

const { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } = constants;

/** Starts a program that lives on without us; `logFile` (0600, begun anew, may be cut short) gets what it prints. */
export async function startDaemon(
  argv: readonly [string, ...string[]],
  { env, logFile }: Pick<DaemonOptions, 'env'> & { logFile: string },
): Promise<ProcessIdentity> {
  const log = await open(logFile, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600);
  try {
    const id = spawnDaemon(argv, { ...(env ? { env } : {}), output: log.fd });
    const startTime = statOf(id)?.[START_TIME]; // also of one that has ended by now: nobody has asked it how yet
    void outliveUs(id);
    if (startTime !== undefined) return { id, startTime };
    throw new EgressError('HOST_COMMAND_FAILED', `starting ${argv[0]}: it is not there`);
  } finally {
    await log.close();
  }
}

/** Whether the process still runs; one that has ended and waits for its parent does not. */
export const isSameProcess = ({ id, startTime }: ProcessIdentity): boolean => startTimeOf(id) === startTime;

/** SIGTERM, then SIGKILL. Absent is success. @throws EgressError HOST_COMMAND_FAILED where even that does not end it. */
export async function stopProcess(target: ProcessIdentity): Promise<void> {
  if (await endedAfter(target, 'SIGTERM', TERM_DEADLINE_MS)) return reapDaemon(target.id);
  if (await endedAfter(target, 'SIGKILL', KILL_DEADLINE_MS)) return reapDaemon(target.id);
  throw new EgressError('HOST_COMMAND_FAILED', `stopping process ${target.id}: it does not end`);
}

/**
 * Ends `known`, or where that does not run, as when its id was lost, every process of `program` that has `argument`: to look
 * for those, the list of all processes is read.
 */
export async function stopProcesses(program: string, argument: string, known?: ProcessIdentity): Promise<void> {
  if (known && isSameProcess(known)) return stopProcess(known);
  const found = findProcesses(
    ([first = '', ...args]) => basename(first) === basename(program) && args.includes(argument),
  );
  await Promise.all(found.map(stopProcess));
}

async function endedAfter(target: ProcessIdentity, signal: NodeJS.Signals, deadlineMs: number): Promise<boolean> {
  const gone = () => (isSameProcess(target) ? undefined : true);
  if (gone()) return true;
  try {
    process.kill(target.id, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it has just ended
  }
  return (await poll(gone, { everyMs: POLL_MS, deadlineMs })) ?? false;
}

/** Processes of this host whose argument list fits. Synchronous for the reason given at `processesInNamespace`. */
export const findProcesses = (fits: (argv: readonly string[]) => boolean): FoundProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const id = Number(name);
      const argv = argvOf(id);
      if (argv.length === 0 || !fits(argv)) return [];
      const startTime = startTimeOf(id);
      return startTime === undefined ? [] : [{ id, startTime, argv }];
    });

function argvOf(id: number): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // ended meanwhile
  }
}

function startTimeOf(id: number): string | undefined {
  const fields = statOf(id);
  return !fields || hasEnded(id, fields[0]) ? undefined : fields[START_TIME];
}

/** A first thread that is a zombie says little: while others still end, files are open, and a tun device stands. */
const hasEnded = (id: number, state: string | undefined): boolean =>
  state === 'X' || (state === 'Z' && threadsOf(id) <= 1);
