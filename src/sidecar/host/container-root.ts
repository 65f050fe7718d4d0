import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * A folder of a container's file system, opened without following a single symbolic link: what lies in there is the
 * tenant's, and a link could lead to the host's own files. `/proc/self/fd/N/name` is Node's way to say openat(2).
 */
export class ContainerFolder {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** `root`: /proc/<pid>/root, or the path of an unmounted-from-inside root file system. Undefined where there is no such folder. */
  static async open(root: string, ...names: readonly string[]): Promise<ContainerFolder | undefined> {
    let handle = await open(`${root}/`, O_RDONLY | O_DIRECTORY).catch(() => undefined);
    for (const name of names) {
      if (!handle) return undefined;
      const child = await open(`/proc/self/fd/${handle.fd}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(
        () => undefined,
      );
      await handle.close();
      handle = child;
    }
    return handle && new ContainerFolder(handle);
  }

  /** Replaces the file at once (rename), whatever stood under its name; never follows a link. */
  async write(name: string, content: string, mode: number): Promise<void> {
    const temporary = this.#path(`${name}.kasm-sidecar`);
    await this.remove(`${name}.kasm-sidecar`);
    const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      await file.writeFile(content);
      await file.chmod(mode); // open's mode is cut by our umask
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path(name)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EISDIR') throw error;
      await this.remove(name);
      await rename(temporary, this.#path(name));
    });
  }

  /**
   * Absent is success. A folder in the file's place is moved aside, not emptied: walking into it by paths could be led out
   * of the container by a link that is put there meanwhile.
   */
  async remove(name: string): Promise<void> {
    await unlink(this.#path(name)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return;
      if (error.code !== 'EISDIR') throw error;
      await rename(this.#path(name), this.#path(`${name}.${randomUUID()}`));
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #path(name: string): string {
    return join('/proc/self/fd', String(this.#handle.fd), name);
  }
}
