import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { explain } from '../shared/errors.ts';
import { UsageError } from './failures.ts';

/** `-` is the standard input. @throws UsageError */
export async function readText(path: string): Promise<string> {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The file ${path} can't be read: ${explain(error)}`);
  }
}

/** Editors and `echo` end a file with a newline, which is no part of a password. */
export const readSecret = async (path: string): Promise<string> => (await readText(path)).replace(/\r?\n$/, '');
