import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'vitest';

/** Compares with a file that is read in review; `npm run golden` writes it. */
export async function expectGolden(path: string, text: string): Promise<void> {
  if (process.env.UPDATE_GOLDEN) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  expect(text, `${path} is stale: npm run golden`).toBe(await readFile(path, 'utf8').catch(() => 'no such file'));
}
