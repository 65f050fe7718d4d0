import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Namespace } from '../../../src/sidecar/host/netns.ts';

/** A file that passes for a namespace where nothing enters it: it can be opened, and isn't the host's. */
export async function fileAsNamespace(folder: string): Promise<Namespace> {
  const path = join(folder, 'ns');
  await writeFile(path, '');
  return { path, name: 'ns', inode: (await stat(path)).ino };
}
