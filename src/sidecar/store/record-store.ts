import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { EgressError, explain } from '../../shared/errors.ts';
import { replaceFile } from '../../shared/replace-file.ts';

/** What both ways of writing write before they rename that. */
const UNFINISHED = /\.json\.\d+$/;

export interface Unreadable {
  readonly file: string;
  readonly why: string;
}

export interface RecordStoreOptions {
  /** What is written lasts when the host loses its power. */
  readonly isDurable?: boolean;
}

/**
 * Records in one folder, a JSON file each: written whole or not at all, readable by root alone, checked when read. What
 * can't be read is reported and left where it is, never taken for "nothing there".
 */
export class RecordStore<Schema extends z.ZodType> {
  readonly #folder: string;
  readonly #schema: Schema;
  readonly #isDurable: boolean;

  constructor(folder: string, schema: Schema, { isDurable = false }: RecordStoreOptions = {}) {
    this.#folder = folder;
    this.#schema = schema;
    this.#isDurable = isDurable;
  }

  /** @throws EgressError STATE_UNWRITABLE */
  async write(id: string, record: z.input<Schema>): Promise<void> {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      await this.#put(this.#file(id), `${JSON.stringify(record, undefined, 2)}\n`);
    } catch (error) {
      throw new EgressError('STATE_UNWRITABLE', `${this.#folder} can't be written to: ${reasonOf(error)}.`);
    }
  }

  /** Absent is success. */
  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  /** For a process that begins, before it writes: what one that was killed was writing is taken away. */
  async readAll(): Promise<{ records: z.output<Schema>[]; unreadable: Unreadable[] }> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((name) => UNFINISHED.test(name)))
      await rm(join(this.#folder, name), { force: true }).catch(() => undefined); // nobody reads it
    const records: z.output<Schema>[] = [];
    const unreadable: Unreadable[] = [];
    for (const name of names.filter((name) => name.endsWith('.json'))) {
      const file = join(this.#folder, name);
      try {
        records.push(this.#schema.parse(JSON.parse(await readFile(file, 'utf8'))));
      } catch (error) {
        // A syntax error's message quotes the text, which may hold secrets.
        unreadable.push({ file, why: error instanceof SyntaxError ? 'it is not JSON' : explain(error) });
      }
    }
    return { records, unreadable };
  }

  async #put(file: string, text: string): Promise<void> {
    if (this.#isDurable) await writeFileAtomic(file, text, { mode: 0o600 });
    else replaceFile(file, text);
  }

  #file(id: string): string {
    return join(this.#folder, `${encodeURIComponent(id)}.json`);
  }
}

/** `no space left on device`, without the path of a temporary file. */
function reasonOf(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return errno === undefined ? explain(error) : getSystemErrorMessage(errno);
}
