import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../shared/replace-file.ts';

/** Folder of this tunnel's files below the session's; operators look for `wg/wg.conf` there. */
export const folderOf = (sessionFolder: string): string => join(sessionFolder, 'wg');

/** `wg.conf`, which stays: what the tunnel was made from, readable by root alone. */
export async function writeConfig(sessionFolder: string, text: string): Promise<void> {
  await mkdir(folderOf(sessionFolder), { recursive: true, mode: 0o700 });
  replaceFile(join(folderOf(sessionFolder), 'wg.conf'), text);
}

/** Hands `use` a file with `text` that exists only as long as that takes. */
export async function withSetconfFile(
  sessionFolder: string,
  text: string,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const file = join(folderOf(sessionFolder), 'setconf');
  try {
    replaceFile(file, text);
    await use(file);
  } finally {
    await rm(file, { force: true });
  }
}
