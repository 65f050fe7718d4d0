import { poll, Queue } from '../../shared/async.ts';
import { ContainerFolder } from '../host/container-root.ts';
import { hasOwnRoot, namespaceOf } from '../host/proc.ts';

const FOLDER = 'dockerstartup';
const FILE = '.egress_status';
/** Kasm's images run as uid 1000 and end with exit 1 if they can't read it (facts/kasm.md, 2j). */
const MODE = 0o644;
const ROOT_DEADLINE_MS = 20_000;

/** A process of the container, told from a later one with the same id by its network namespace. */
export interface StatusTarget {
  readonly pid: number;
  readonly namespaceInode: number;
  /** Until it is not held any more. */
  readonly running: Promise<void>;
}

/**
 * The file by which Kasm's images learn whether they have their egress: exactly `ready` or `error`. They take any other
 * content for success and wait for the file without a timeout, so it is replaced as a whole, and never one of an earlier run.
 */
export class EgressStatus {
  readonly #writes = new Queue();

  /**
   * Takes away what the container's last run left, before its new process runs: at once by the host's path of its root file
   * system, which stands before runc has given the container its root, and then inside, where the folder may be a volume.
   */
  async clear(target: StatusTarget, rootfs: string | undefined): Promise<void> {
    const cleared = rootfs === undefined ? undefined : this.clearStopped(rootfs);
    // Asked for before anybody can ask for a `write`, which would fail the same way, and says so.
    void this.#inContainer(target, (folder) => folder.remove(FILE)).catch(() => undefined);
    await cleared;
  }

  write(target: StatusTarget, status: 'ready' | 'error'): Promise<void> {
    return this.#inContainer(target, (folder) => folder.write(FILE, `${status}\n`, MODE));
  }

  /** By the root file system's path on the host, where no process of the container can be. */
  clearStopped(rootfs: string): Promise<void> {
    return this.#writes.run(() => withFolder(rootfs, (folder) => folder.remove(FILE)));
  }

  #inContainer(target: StatusTarget, act: (folder: ContainerFolder) => Promise<void>): Promise<void> {
    return this.#writes.run(async () => {
      await target.running;
      const probe = () => rootState(target);
      if ((await poll(probe, { everyMs: 5, deadlineMs: ROOT_DEADLINE_MS })) !== 'ready') return;
      await withFolder(`/proc/${target.pid}/root`, async (folder) => {
        // The folder is open: it is the container's for certain if the process is still the container's now.
        if (isStillThere(target)) await act(folder);
      });
    });
  }
}

const isStillThere = ({ pid, namespaceInode }: StatusTarget): boolean => namespaceOf(pid) === namespaceInode;

/** Undefined: runc has not given it its root yet. */
async function rootState(target: StatusTarget): Promise<'ready' | 'gone' | undefined> {
  if (!isStillThere(target)) return 'gone';
  return (await hasOwnRoot(target.pid)) ? 'ready' : undefined;
}

async function withFolder(root: string, act: (folder: ContainerFolder) => Promise<void>): Promise<void> {
  const folder = await ContainerFolder.open(root, FOLDER);
  if (!folder) return; // no Kasm image
  try {
    await act(folder);
  } finally {
    await folder.close();
  }
}
