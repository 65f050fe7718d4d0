import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The process that listens on a Unix socket of this network namespace. Needs root to see those of others. */
export function listenerOf(path: string): number | undefined {
  const sockets = socketsAt(path);
  if (sockets.size === 0) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFilesOf(pid).some((file) => sockets.has(file)));
}

/** proc(5), /proc/net/unix: num refcount protocol flags type state inode path. __SO_ACCEPTCON: it listens. */
const LISTENS = 0x10000;

function socketsAt(path: string): Set<string> {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1);
  return new Set(
    lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , flags = '', , , , bound]) => isSamePath(bound, path) && Number.parseInt(flags, 16) & LISTENS)
      .map((fields) => `socket:[${fields[6]}]`),
  );
}

/** /var/run leads to /run. */
const isSamePath = (a: string | undefined, b: string): boolean =>
  a?.replace(/^\/var\/run\//, '/run/') === b.replace(/^\/var\/run\//, '/run/');

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => linkOf(`/proc/${pid}/fd/${name}`) ?? []);
  } catch {
    return []; // ended meanwhile, or another's
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
