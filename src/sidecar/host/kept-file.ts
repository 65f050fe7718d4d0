import { statSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';

/** A file that others write, too. It is read only when it, or what is wanted of it, has changed. */
export class KeptFile {
  readonly #path: string;
  #stamp: string | undefined;
  #wanted: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes it as `change` says, in place: a bind mount's inode must stay. What is only added at its end is only added: a line that
   * somebody else has added since it was read stays, as Docker's line for the container's own name while it is started.
   * @param wanted stands for what `change` does: where both are as the last time, nothing is read
   * @param change undefined: it is right as it is
   */
  async keep(wanted: string, change: (text: string) => string | undefined): Promise<void> {
    const stamp = stampOf(this.#path);
    if (stamp !== undefined && stamp === this.#stamp && wanted === this.#wanted) return;
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const changed = change(text);
    if (changed !== undefined) await this.#write(text, changed);
    this.#wanted = wanted;
    // Of before it was read: what somebody writes meanwhile makes it another one.
    this.#stamp = changed === undefined ? stamp : undefined;
  }

  async #write(text: string, changed: string): Promise<void> {
    if (text !== '' && changed.startsWith(text)) await appendFile(this.#path, changed.slice(text.length));
    else await writeFile(this.#path, changed);
  }
}

/** The kernel's clock for files ticks every 1 to 10 ms: a file may have been written again within the tick of its time. */
const TICK_MS = 50;

/**
 * The time of the last change can't be set back, not by a root in the container either.
 * @returns undefined where it says nothing yet
 */
function stampOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!found || Date.now() - Number(found.ctimeMs) < TICK_MS) return undefined;
  return `${found.ino} ${found.ctimeNs}`;
}
