import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../sidecar/host/command.ts';
import type { BundleFile } from './contents.ts';
import { redact } from './redact.ts';

const FOLDER = 'kasm-sidecar-doctor';

/**
 * Writes `files` as a tar.gz for its owner alone. Each passes the second net here, so that none can go around it.
 * @throws Error where `target` is there already, or can't be written
 */
export async function writeBundle(target: string, files: readonly BundleFile[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kasm-sidecar-doctor-')); // 0700
  try {
    for (const { name, text } of files) {
      const path = join(folder, FOLDER, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, redact(text), { mode: 0o600 });
    }
    const packed = join(folder, 'bundle.tar.gz');
    await run(['tar', '--create', '--gzip', '--file', packed, '--directory', folder, '--owner=0', '--group=0', FOLDER]);
    await chmod(packed, 0o600);
    await copyFile(packed, target, constants.COPYFILE_EXCL);
    await chmod(target, 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
