import { explain } from '../../shared/errors.ts';
import { type CommandOptions, type Run, run } from '../../sidecar/host/command.ts';
import { isSeen, type Seen } from '../observation.ts';

export type Argv = readonly [string, ...string[]];
/** What a program printed. It only looks: none of them changes anything. */
export type Look = (argv: Argv, options?: CommandOptions) => Promise<Seen<string>>;

export const seen = async <T>(ask: () => T | Promise<T>): Promise<Seen<T>> => {
  try {
    return { value: await ask() };
  } catch (error) {
    return { problem: explain(error) };
  }
};

export const orNothing = <T>(found: Seen<T>): T | undefined => (isSeen(found) ? found.value : undefined);

/** Patience for one program: a host in trouble may hold the lock of iptables. */
const TIMEOUT_MS = 10_000;

const look: Look = (argv, options = {}) =>
  seen(async () => (await run(argv, { timeoutMs: TIMEOUT_MS, ...options })).stdout);

/** The host's program; where the host has none, the one that the managed plugin brought with it. */
export const lookWith =
  (pluginPid: number | undefined): Look =>
  async (argv, options) => {
    const found = await look(argv, options);
    const isMissing = !isSeen(found) && /\bENOENT\b/.test(found.problem);
    return isMissing && pluginPid !== undefined ? look(asPlugin(pluginPid, argv), options) : found;
  };

/** The same choice for what must work, and may change something. */
export const runWith =
  (pluginPid: number | undefined): Run =>
  async (argv, options) => {
    try {
      return await run(argv, options);
    } catch (error) {
      if (pluginPid === undefined || !/\bENOENT\b/.test(explain(error))) throw error;
      return run(asPlugin(pluginPid, argv), options);
    }
  };

/**
 * With the plugin's files, and the network of whoever asks. By their whole path, since the host's PATH counts for nsenter(1):
 * all programs of the plugin are in its /usr/bin (scripts/lib/plugin-rootfs).
 */
export const asPlugin = (pid: number, [program, ...args]: Argv): Argv => {
  const path = program.startsWith('/') ? program : `/usr/bin/${program}`;
  return ['nsenter', '--target', String(pid), '--mount', '--', path, ...args];
};
