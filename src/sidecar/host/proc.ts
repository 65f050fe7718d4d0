import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, readlink, stat } from 'node:fs/promises';

const NET_NAMESPACE = /^net:\[(\d+)\]$/;

/** Processes by the inode of their network namespace, lowest id first. */
export type ProcessesByNamespace = ReadonlyMap<number, readonly number[]>;

/**
 * All of this host. Synchronous on purpose: a few hundred readlinks take 2 ms, as promises 20 ms, and a container's start
 * waits for it.
 */
export function processesByNamespace(): ProcessesByNamespace {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = ids.map(Number).sort((a, b) => a - b);
  return Map.groupBy(found, (pid) => namespaceOf(pid) ?? NOWHERE);
}

/** Those that ended meanwhile: no namespace has it. */
const NOWHERE = 0;

export const processesInNamespace = (inode: number): readonly number[] => processesByNamespace().get(inode) ?? [];

/**
 * Those of `inode` that were put there from outside, with a file system of their own: a container's first process, from runc's
 * preparations on, and those of `docker exec`. Not the engine's own helpers, which enter for a moment, nor ourselves, who do so
 * too (`inside`) and, as a plugin or under systemd, have a file system of our own: we would be stopped for ever.
 */
export function firstProcesses(inode: number): number[] {
  return processesInNamespace(inode).filter((pid) => {
    const parent = pid === process.pid ? undefined : parentOf(pid);
    return parent !== undefined && namespaceOf(parent) !== inode && mountsOf(pid) !== mountsOf(parent);
  });
}

/**
 * The only process of a namespace, if it is runc's own, which has prepared everything and waits for `docker start` to go on: then
 * nothing of the container runs yet. runc names it so (libcontainer/nsenter/nsexec.c).
 */
export function yetToBegin(processes: readonly number[]): readonly number[] {
  const [only, ...others] = processes;
  return only !== undefined && others.length === 0 && nameOf(only) === RUNC_INIT ? [only] : [];
}

const RUNC_INIT = 'runc:[2:INIT]';

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined; // ended meanwhile
  }
}

/** By a signal, not by the freezer of its cgroup (`docker pause`). */
export const isStopped = (pid: number): boolean => statOf(pid)?.[0] === 'T';

export const parentOf = (pid: number): number | undefined => {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
};

/** /proc/<pid>/stat from its third field on, which is the state: proc(5). Undefined where the process has ended. */
export function statOf(pid: number): string[] | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // ended meanwhile
  }
}

/** How many threads it has; none where it has ended. */
export function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

const mountsOf = (pid: number): string | undefined => linkOf(`/proc/${pid}/ns/mnt`);

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // ended meanwhile
  }
}

/** Inode of a process's network namespace; undefined where the process has ended. */
export function namespaceOf(pid: number): number | undefined {
  const link = linkOf(`/proc/${pid}/ns/net`);
  return link === undefined ? undefined : Number(NET_NAMESPACE.exec(link)?.[1]);
}

/** A line of /proc/<pid>/mountinfo: proc(5). */
export interface Mount {
  /** Path inside the file system that is mounted. */
  readonly root: string;
  /** Where the process sees it. */
  readonly mountPoint: string;
  readonly device: string;
}

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

export async function readMounts(pid: number | 'self'): Promise<Mount[]> {
  const text = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, , device = '', root = '', mountPoint = ''] = line.split(' ');
      return { device, root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint) };
    });
}

/** A path by which this process reaches a folder of the host; as it is, unless a managed plugin was not given it. */
export const hostFolder = (path: string): string => (existsSync(path) ? path : `${HOST_ROOT}${path}`);

/** The host's own first process sees all of the host. */
const HOST_ROOT = '/proc/1/root';

/**
 * A path by which this process reaches what another one has mounted from `root` of file system `device`. A managed plugin sees
 * only the folders that were given to it; the rest of the host, such as a Docker folder elsewhere, is that of process 1.
 */
export const hostPathOf = async (mount: Mount): Promise<string | undefined> =>
  (await pathAmong('self', mount)) ?? (await pathAmong(1, mount).then((path) => path && `${HOST_ROOT}${path}`));

async function pathAmong(pid: number | 'self', mount: Mount): Promise<string | undefined> {
  const candidates = (await readMounts(pid)).filter(
    ({ device, root }) =>
      device === mount.device && (root === '/' || mount.root === root || mount.root.startsWith(`${root}/`)),
  );
  const best = candidates.sort((a, b) => b.root.length - a.root.length)[0];
  if (!best) return undefined;
  const below = best.root === '/' ? mount.root : mount.root.slice(best.root.length);
  return `${best.mountPoint === '/' ? '' : best.mountPoint}${below}`;
}

/**
 * Whether the process has its own root file system already: until runc pivots, its root is that of its parent, the
 * host's, and whatever was written "in the container" would be written there.
 */
export async function hasOwnRoot(pid: number): Promise<boolean> {
  const parent = parentOf(pid);
  const [own, outer] = await Promise.all([rootOf(pid), rootOf(parent ?? pid)]);
  return own !== undefined && outer !== undefined && own !== outer;
}

const rootOf = (pid: number): Promise<string | undefined> =>
  stat(`/proc/${pid}/root/`).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );

export const workingDirectoryOf = (pid: number): Promise<string | undefined> =>
  readlink(`/proc/${pid}/cwd`).catch(() => undefined);
