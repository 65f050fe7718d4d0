import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const STDERR = 2;

/**
 * Lines, appended to a file that others rotate: one that was renamed or removed is begun anew, without anybody having to
 * tell us. Never throws: what can't be written (a full disk) is lost, and counted in the file once there is room again.
 */
export class LineFile {
  readonly #path: string;
  #open: { readonly descriptor: number; readonly device: number; readonly inode: number } | undefined;
  #lost = 0;
  /** A full disk takes the beginning of a line. */
  #torn = false;

  constructor(path: string) {
    this.#path = path;
    this.#attempt(() => this.#follow());
  }

  write(line: string): void {
    const written = this.#attempt(() => {
      const descriptor = this.#follow();
      if (this.#lost > 0) this.#append(descriptor, lostLine(line, this.#lost));
      this.#lost = 0;
      this.#append(descriptor, line);
    });
    if (!written) this.#lost++;
  }

  /** Opens the file anew, with the next line. */
  reopen(): void {
    if (this.#open) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }

  /** What stands under the path now, which a look costs some microseconds. */
  #follow(): number {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (this.#open && found?.ino === this.#open.inode && found.dev === this.#open.device) return this.#open.descriptor;
    this.reopen();
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o750 });
    const descriptor = openSync(this.#path, 'a', 0o640);
    const { dev: device, ino: inode } = fstatSync(descriptor);
    this.#open = { descriptor, device, inode };
    this.#torn = false;
    return descriptor;
  }

  #append(descriptor: number, line: string): void {
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    const written = writeSync(descriptor, bytes);
    if (written > 0) this.#torn = written < bytes.length;
    if (written < bytes.length) throw new Error('ENOSPC: no space left on device');
  }

  /** The first failure of a row is told on stderr, which may be a pipe that nobody empties. */
  #attempt(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (this.#lost === 0)
        complain(`${this.#path} can't be written, its lines are lost: ${(error as Error).message}\n`);
      return false;
    }
  }
}

/** In the form of the line that comes after it. */
const lostLine = (next: string, count: number): string =>
  `${next.split(' | ', 1)[0]} | WARNING | log | ${count} lines before this one could not be written\n`;

function complain(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // nobody is left to tell
  }
}
