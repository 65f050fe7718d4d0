import { closeSync, fstatSync, openSync } from 'node:fs';
import { EgressError } from '../../shared/errors.ts';
import { setNetworkNamespace } from './libc.ts';
import type { Namespace } from './netns.ts';

/**
 * Runs `work` with this thread in `namespace`: what it opens there belongs to that namespace for good. `work` must not
 * wait for anything: between two turns of the event loop this thread is always on the host.
 * @throws EgressError NAMESPACE_GONE, or NAMESPACE_IS_HOST where the path leads to the host's own namespace
 */
export function inside<T>(namespace: Namespace, work: () => T): T {
  own ??= openOwn();
  const there = open(namespace, own.inode);
  try {
    setNetworkNamespace(there);
    try {
      return work();
    } finally {
      comeBack(own.descriptor);
    }
  } finally {
    closeSync(there);
  }
}

/** Opened once: this is done many times a second. */
let own: { readonly descriptor: number; readonly inode: number } | undefined;

function openOwn(): NonNullable<typeof own> {
  const descriptor = openSync('/proc/thread-self/ns/net', 'r');
  return { descriptor, inode: fstatSync(descriptor).ino };
}

function open({ path, name, inode }: Namespace, ownInode: number): number {
  const details = { namespace: name };
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new EgressError('NAMESPACE_GONE', undefined, { cause, details });
  }
  const { ino } = fstatSync(descriptor);
  if (ino === inode && ino !== ownInode) return descriptor;
  closeSync(descriptor);
  throw new EgressError(ino === ownInode ? 'NAMESPACE_IS_HOST' : 'NAMESPACE_GONE', undefined, { details });
}

/** A daemon that went on in a tenant's namespace would change the wrong network: rather none at all, all is shut without it. */
function comeBack(descriptor: number): void {
  try {
    setNetworkNamespace(descriptor);
  } catch {
    process.abort();
  }
}
