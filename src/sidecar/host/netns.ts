import { statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { EgressError } from '../../shared/errors.ts';
import type { CommandOptions, CommandResult, Run } from './command.ts';

/** linux/magic.h: a namespace file is one of nsfs; before Docker mounts it, the path is an empty ordinary file. */
const NSFS_MAGIC = 0x6e736673;

/** A container's network namespace: where Docker mounted it, and which one it is. */
export interface Namespace {
  /** Docker's SandboxKey. */
  readonly path: string;
  /** Last path element of SandboxKey: the name that operators see. */
  readonly name: string;
  readonly inode: number;
}

export const namespaceName = (sandboxKey: string): string => basename(sandboxKey);

const hostInode = (): number => statSync('/proc/self/ns/net').ino;

/**
 * The namespace at `path`; undefined while Docker has not mounted it yet, or no longer. Synchronous, since many ask for it
 * often, and a turn through the thread pool takes a hundred times as long as the answer.
 */
export function findNamespace(path: string): Namespace | undefined {
  try {
    if (statfsSync(path).type !== NSFS_MAGIC) return undefined;
    return { path, name: namespaceName(path), inode: statSync(path).ino };
  } catch {
    return undefined; // absent is an answer
  }
}

/**
 * Opens `namespace` for one privileged step and hands its descriptor to `step`. Closed at once afterwards, because
 * an open descriptor keeps a dead container's namespace alive.
 * @throws EgressError NAMESPACE_GONE, or NAMESPACE_IS_HOST where the path leads to the host's own namespace.
 */
export async function withNamespace<T>(namespace: Namespace, step: (descriptor: number) => Promise<T>): Promise<T> {
  const file = await open(namespace.path, 'r').catch((cause: unknown) => {
    throw new EgressError('NAMESPACE_GONE', undefined, { cause, details: { namespace: namespace.name } });
  });
  try {
    const { ino } = await file.stat();
    if (ino !== namespace.inode)
      throw new EgressError('NAMESPACE_GONE', undefined, { details: { namespace: namespace.name } });
    if (ino === hostInode()) throw new EgressError('NAMESPACE_IS_HOST');
    return await step(file.fd);
  } finally {
    await file.close();
  }
}

/** Runs one program with the network of `namespace`, and everything else of the host. */
export const runInside = (
  run: Run,
  namespace: Namespace,
  argv: readonly [string, ...string[]],
  options: Omit<CommandOptions, 'namespace'> = {},
): Promise<CommandResult> => run(argv, { ...options, namespace });
