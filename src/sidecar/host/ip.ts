import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Run } from './command.ts';
import type { Namespace } from './netns.ts';
import { batchError, parseBatchFailures } from './repeatable-batch.ts';

export interface IpBatchOptions {
  /** Absent: the host's. */
  readonly namespace?: Namespace;
  /** What follows a line that fails is done as well, since all is undone then. So it is one call of the kernel. */
  readonly atOnce?: boolean;
}

/**
 * Runs the lines as one `ip -batch`, in order, ending at the first that fails.
 * @throws EgressError HOST_COMMAND_FAILED with those that failed
 */
export async function ipBatch(
  run: Run,
  lines: readonly string[],
  { namespace, atOnce = false }: IpBatchOptions = {},
): Promise<void> {
  if (lines.length === 0) return;
  const { exitCode, stderr } = await run(['ip', ...(atOnce ? ['-force'] : []), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    okExitCodes: [1], // 1: a line failed
    ...(namespace ? { namespace } : {}),
  });
  if (exitCode === 1) throw batchError('ip', parseBatchFailures(stderr, lines));
}

/** Names of this namespace's links. From /proc/net, since /sys shows those of the namespace in which it was mounted. */
export const linkNames = (): string[] =>
  readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);

const addressed = z.array(
  z.object({ flags: z.array(z.string()), addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() })) }),
);

/** Whether a link is up and has these addresses (CIDR form). */
export async function isUpWith(run: Run, name: string, addresses: readonly string[]): Promise<boolean> {
  const { stdout } = await run(['ip', '-json', 'address', 'show', 'dev', name]);
  const [found] = addressed.parse(JSON.parse(stdout));
  const own = found?.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return found?.flags.includes('UP') === true && addresses.every((address) => own?.includes(address));
}

/** Absent is success. */
export async function removeLink(run: Run, name: string): Promise<void> {
  try {
    await run(['ip', 'link', 'delete', 'dev', name], { okExitCodes: [1] }); // 1: cannot find device
  } catch (error) {
    if (linkNames().includes(name)) throw error; // else it went meanwhile, with the namespace of its other end
  }
}
