import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeptFile } from '../../../src/sidecar/host/kept-file.ts';

let folder: string;
let path: string;
let asked: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-'));
  path = join(folder, 'resolv.conf');
  asked = 0;
  await writeFile(path, 'theirs');
});
afterEach(() => rm(folder, { recursive: true }));

const wants = (wanted: string) => (text: string) => {
  asked++;
  return text === wanted ? undefined : wanted;
};

test('is read no more than needed, and put right when somebody writes it', async () => {
  const file = new KeptFile(path);
  await file.keep('ours', wants('ours'));
  expect(await readFile(path, 'utf8')).toBe('ours');
  await file.keep('ours', wants('ours')); // may have been written again at the same time, as the kernel's clock has it
  await sleep(60);
  await file.keep('ours', wants('ours')); // sees what it has written itself
  for (let turn = 0; turn < 5; turn++) await file.keep('ours', wants('ours'));
  expect(asked).toBe(3);
  await writeFile(path, 'his!');
  await utimes(path, 0, 0); // as a root inside may do, to look as if nothing had happened
  await file.keep('ours', wants('ours'));
  expect(await readFile(path, 'utf8')).toBe('ours');
});

test('is written anew when something else is wanted', async () => {
  const file = new KeptFile(path);
  await file.keep('one', wants('one'));
  await file.keep('one', wants('one'));
  await file.keep('two', wants('two'));
  expect(await readFile(path, 'utf8')).toBe('two');
});

test('a line that is added keeps what somebody adds at the same moment', async () => {
  await new KeptFile(path).keep('ours', (text) => {
    appendFileSync(path, '\nDocker’s'); // as it does with the container's own name
    return `${text}\nours`;
  });
  expect((await readFile(path, 'utf8')).split('\n')).toEqual(['theirs', 'Docker’s', 'ours']);
});

test('where it can’t be written, that is said each time', async () => {
  const file = new KeptFile(join(folder, 'none', 'resolv.conf'));
  for (let turn = 0; turn < 2; turn++) await expect(file.keep('ours', wants('ours'))).rejects.toThrow('ENOENT');
});
