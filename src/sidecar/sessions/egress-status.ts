import { poll, Queue } from '../../shared/async.ts';
import { ContainerFolder } from '../host/container-root.ts';
import { hasOwnRoot } from '../host/proc.ts';

const FOLDER = 'dockerstartup';
const FILE = '.egress_status';
/** Kasm's images run as uid 1000 and end with exit 1 if they can't read it (facts/kasm.md, 2j). */
const MODE = 0o644;
const ROOT_DEADLINE_MS = 20_000;

/**
 * The file by which Kasm's images learn whether they have their egress: exactly `ready` or `error`. They take any other
 * content for success and wait for the file without a timeout, so it is replaced as a whole, and never one of an earlier run.
 */
export class EgressStatus {
  readonly #writes = new Queue();

  /** Takes away what the container's last run left. Runs before the container's process does: it waits only for runc to give it its root. */
  clear(pid: number): Promise<void> {
    return this.#inContainer(pid, (folder) => folder.remove(FILE));
  }

  write(pid: number, status: 'ready' | 'error'): Promise<void> {
    return this.#inContainer(pid, (folder) => folder.write(FILE, `${status}\n`, MODE));
  }

  /** After the last process has gone, by the root file system's path on the host. */
  clearStopped(rootfs: string): Promise<void> {
    return this.#writes.run(() => withFolder(rootfs, (folder) => folder.remove(FILE)));
  }

  #inContainer(pid: number, act: (folder: ContainerFolder) => Promise<void>): Promise<void> {
    return this.#writes.run(async () => {
      const ready = async () => ((await hasOwnRoot(pid)) ? true : undefined);
      if (await poll(ready, { everyMs: 2, deadlineMs: ROOT_DEADLINE_MS })) await withFolder(`/proc/${pid}/root`, act);
    });
  }
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
