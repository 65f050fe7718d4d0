import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import koffi from 'koffi';
import { SystemCallError } from './libc.ts';

/**
 * posix_spawn(3), by which glibc starts a program without a copy of this process. Node's own `spawn` forks: the kernel then
 * copies all that describes our memory, and for 5 to 20 ms nothing else goes on here. See
 * docs/adr/0017-spawn-without-a-fork.md.
 */
const glibc = koffi.load('libc.so.6');
const calls = {
  pipe2: glibc.func('int pipe2(_Out_ int *ends, int flags)'),
  waitpid: glibc.func('int waitpid(int id, _Out_ int *status, int options)'),
  spawn: glibc.func(
    'int posix_spawnp(_Out_ int *id, const char *file, void *actions, void *attributes, const char **argv, const char **environment)',
  ),
  initActions: glibc.func('int posix_spawn_file_actions_init(void *actions)'),
  addDup2: glibc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)'),
  addOpen: glibc.func(
    'int posix_spawn_file_actions_addopen(void *actions, int to, const char *path, int flags, uint32_t mode)',
  ),
  destroyActions: glibc.func('int posix_spawn_file_actions_destroy(void *actions)'),
  initAttributes: glibc.func('int posix_spawnattr_init(void *attributes)'),
  setFlags: glibc.func('int posix_spawnattr_setflags(void *attributes, int16_t flags)'),
  addChdir: glibc.func('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)'),
  setDefaultSignals: glibc.func('int posix_spawnattr_setsigdefault(void *attributes, const uint8_t *signals)'),
};

/** environ(7), which the linker has put into the program, not into glibc. */
const environ = koffi.load(null).symbol('environ', 'void *');

/** Room for glibc's own structures, which are of 80 and 336 bytes in 2.36 on amd64 and arm64. */
const ACTIONS_BYTES = 256;
const ATTRIBUTES_BYTES = 1024;
const SIGNAL_SET_BYTES = 128;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSID = 0x80;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
const WNOHANG = 1;

/** A program that runs; `reap` must be asked until it has ended. */
export interface Child {
  readonly id: number;
  readonly input: Socket | undefined;
  readonly output: Socket;
  readonly errors: Socket;
}

export interface ChildFiles {
  /** Whether descriptor 0 is a pipe from us, or /dev/null. */
  readonly hasInput: boolean;
  /** Open files that it gets as descriptors 3, 4, … */
  readonly files: readonly number[];
}

/**
 * Starts a program, found by PATH, with our environment and the network that this thread has at this moment.
 * @throws SystemCallError ENOENT, EACCES, …
 */
export function spawnChild(argv: readonly [string, ...string[]], { hasInput, files }: ChildFiles): Child {
  const pipes: Pipe[] = [];
  try {
    for (let count = hasInput ? 3 : 2; count > 0; count--) pipes.push(openPipe());
    const [output, errors, input] = pipes as [Pipe, Pipe, Pipe | undefined];
    const descriptors = [input?.read, output.write, errors.write, ...files];
    const id = spawn(argv, { descriptors, environment: koffi.decode(environ, 'void *') });
    for (const theirs of [input?.read, output.write, errors.write]) if (theirs !== undefined) closeSync(theirs);
    return {
      id,
      input: input && new Socket({ fd: input.write, readable: false, writable: true }),
      output: new Socket({ fd: output.read, readable: true, writable: false }),
      errors: new Socket({ fd: errors.read, readable: true, writable: false }),
    };
  } catch (error) {
    for (const end of pipes.flatMap(({ read, write }) => [read, write])) closeSync(end);
    throw error;
  }
}

interface Pipe {
  readonly read: number;
  readonly write: number;
}

function openPipe(): Pipe {
  const ends = [0, 0];
  if (calls.pipe2(ends, O_CLOEXEC) !== 0) throw new SystemCallError('pipe2', koffi.errno());
  const [read = -1, write = -1] = ends;
  return { read, write };
}

export interface DaemonFiles {
  /** All of its environment, as `NAME=value`; it is found by our PATH. */
  readonly environment: readonly string[];
  /** An open file of ours for what it prints; undefined: lost. */
  readonly output: number | undefined;
}

/** Starts a program in a session of its own and in `/`, with nothing of ours open. `reap` must be asked. @throws SystemCallError */
export function spawnDetached(argv: readonly [string, ...string[]], { environment, output }: DaemonFiles): number {
  const descriptors = [undefined, output, output];
  return spawn(argv, { descriptors, environment: [...environment, null], isDetached: true });
}

interface SpawnOptions {
  /** Ours, by what they are for the program; undefined: /dev/null. */
  readonly descriptors: readonly (number | undefined)[];
  /** A `char **`. */
  readonly environment: unknown;
  readonly isDetached?: boolean;
}

function spawn(
  argv: readonly [string, ...string[]],
  { descriptors, environment, isDetached = false }: SpawnOptions,
): number {
  const [actions, attributes] = [Buffer.alloc(ACTIONS_BYTES), Buffer.alloc(ATTRIBUTES_BYTES)];
  calls.initActions(actions);
  calls.initAttributes(attributes);
  try {
    for (const [theirs, ours] of descriptors.entries()) {
      if (ours === undefined) calls.addOpen(actions, theirs, '/dev/null', O_RDWR, 0);
      else calls.addDup2(actions, ours, theirs);
    }
    if (isDetached) calls.addChdir(actions, '/');
    calls.setDefaultSignals(attributes, ignoredByNode());
    calls.setFlags(attributes, POSIX_SPAWN_SETSIGDEF | (isDetached ? POSIX_SPAWN_SETSID : 0));
    const id = [0];
    const errno = calls.spawn(id, argv[0], actions, attributes, [...argv, null], environment);
    if (errno !== 0) throw new SystemCallError(`posix_spawn ${argv[0]}`, errno);
    return id[0] ?? -1;
  } finally {
    calls.destroyActions(actions);
  }
}

/** sigset_t with SIGPIPE: what is ignored stays so in a program that is started. */
function ignoredByNode(): Buffer {
  const set = Buffer.alloc(SIGNAL_SET_BYTES);
  set.writeUInt32LE(1 << (constants.signals.SIGPIPE - 1));
  return set;
}

/** How a program ended: wait(2). */
export interface Ended {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: number | undefined;
}

/** Undefined while it runs. To be asked until it has ended, and not once more: its id may then be another's. */
export function reap(id: number): Ended | undefined {
  const status = [0];
  const found = calls.waitpid(id, status, WNOHANG);
  if (found < 0) throw new SystemCallError('waitpid', koffi.errno());
  if (found === 0) return undefined;
  const [word = 0] = status;
  const signal = word & 0x7f;
  return signal === 0 ? { exitCode: (word >> 8) & 0xff, signal: undefined } : { exitCode: undefined, signal };
}
