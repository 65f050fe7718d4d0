import { readFile } from 'node:fs/promises';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** 127.0.0.11 as /proc/net/udp writes it, as a local address that listens (0A for TCP) or is bound (07 for UDP): proc(5). */
const EMBEDDED_RESOLVER = /:\s0B00007F:[0-9A-F]{4}\s\S+\s0[7A]\s/;

/** Whether Docker's embedded resolver listens in the namespace of process `pid`. */
export async function hasEmbeddedResolver(pid: number): Promise<boolean> {
  const files = await Promise.all(
    ['udp', 'tcp'].map((protocol) => readFile(`/proc/${pid}/net/${protocol}`, 'utf8').catch(() => '')),
  );
  return files.some((text) => EMBEDDED_RESOLVER.test(text));
}

/**
 * Closes the sockets of Docker's embedded resolver inside `namespace` (SOCK_DESTROY, sock_diag(7)). Rules alone would
 * not do: a root in the container can flush them, and the engine asks the host's resolvers from the host's namespace.
 * The engine opens them when a sandbox begins, and again after its own restart with live-restore. A kernel without CONFIG_INET_DIAG_DESTROY leaves them open, so look again.
 */
export async function closeEmbeddedResolver(run: Run, namespace: Namespace): Promise<void> {
  await runInside(run, namespace, ['ss', '--kill', '--all', '--no-header', 'src', '127.0.0.11']);
}
