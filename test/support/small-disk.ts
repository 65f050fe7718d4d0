import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSurroundings } from './engine.ts';
import { attempt, sh } from './shell.ts';

export interface SmallDisk {
  /** To the last block. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** While `work` runs, `folder` is a file system of its own, of 256 KiB. What stood there is hidden, and back afterwards. */
export async function onSmallDisk(folder: string, work: (disk: SmallDisk) => Promise<void>): Promise<void> {
  assertSurroundings();
  const filler = join(folder, 'filler');
  await mkdir(folder, { recursive: true });
  await sh('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=750', 'tmpfs', folder);
  try {
    await work({
      fill: async () => {
        await attempt(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=1k', 'count=1024']); // until there is no room
      },
      free: () => rm(filler),
    });
  } finally {
    await sh('umount', '--lazy', folder);
  }
}
