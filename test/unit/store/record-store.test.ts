import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { RecordStore } from '../../../src/sidecar/store/record-store.ts';

const schema = z.strictObject({ version: z.literal(1), name: z.string() });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([true, false])('gives back what was written, readable by its owner alone; durable: %s', async (isDurable) => {
  const store = new RecordStore(join(folder, 'records'), schema, { isDurable });
  await store.write('a/b', { version: 1, name: 'x' });
  expect(await store.readAll()).toEqual({ records: [{ version: 1, name: 'x' }], unreadable: [] });
  expect(statSync(join(folder, 'records')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'records', 'a%2Fb.json')).mode & 0o777).toBe(0o600);
  await store.remove('a/b');
  await store.remove('a/b');
  expect((await store.readAll()).records).toEqual([]);
});

test('takes away what a process that was killed had not finished', async () => {
  const store = new RecordStore(folder, schema);
  await store.write('a', { version: 1, name: 'x' });
  for (const name of ['a.json.2109624094', 'b.json.1', 'notes.1']) writeFileSync(join(folder, name), '{"version":1');
  expect(await store.readAll()).toEqual({ records: [{ version: 1, name: 'x' }], unreadable: [] });
  expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'notes.1']);
});

test.each(['{"version":1', '{"version":2,"name":"x"}', '{"version":1,"name":"x","more":1}', ''])(
  'reports what it can not read, and leaves it: %s',
  async (text) => {
    const store = new RecordStore(folder, schema);
    writeFileSync(join(folder, 'bad.json'), text);
    const { records, unreadable } = await store.readAll();
    expect(records).toEqual([]);
    expect(unreadable.map(({ file }) => file)).toEqual([join(folder, 'bad.json')]);
    expect(statSync(join(folder, 'bad.json')).isFile()).toBe(true);
  },
);

test('where nothing can be written, it says where and why, with a code', async () => {
  writeFileSync(join(folder, 'file'), '');
  const write = new RecordStore(join(folder, 'file/below'), schema).write('a', { version: 1, name: 'x' });
  await expect(write).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    message: `${folder}/file/below can't be written to: not a directory.`,
  });
});

test.each([true, false])(
  'what can’t be put in the place of the old one leaves that as it is; durable: %s',
  async (isDurable) => {
    const store = new RecordStore(folder, schema, { isDurable });
    mkdirSync(join(folder, 'a.json', 'somebody’s'), { recursive: true });
    await expect(store.write('a', { version: 1, name: 'x' })).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
    expect(readdirSync(folder)).toEqual(['a.json']);
  },
);
