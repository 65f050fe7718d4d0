import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Case, Group } from '../../leak/case.ts';

const CASES = join(import.meta.dirname, '../../leak/cases');

const list = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.ts'));

/** All that a module exports: one case, or one thing tried at several targets. */
const exportsOf = async (file: string): Promise<unknown[]> => Object.values(await import(file));

const groups = list(CASES).map((name) => name.replace('.ts', ''));

/** A case that its group has forgotten would never be fired, and nobody would notice. */
describe.each(groups)('the group in cases/%s', (name) => {
  test('has every case of its folder, and no other', async () => {
    const [group] = (await exportsOf(join(CASES, `${name}.ts`))) as [Group];
    const files = list(join(CASES, name)).map((file) => join(CASES, name, file));
    const inFolder = (await Promise.all(files.map(exportsOf))).flat(2) as Case[];
    expect(group.cases.map((one) => one.name).sort()).toEqual(inFolder.map((one) => one.name).sort());
  });

  test('says of each case why it is tried, and where that is known from', async () => {
    const [group] = (await exportsOf(join(CASES, `${name}.ts`))) as [Group];
    expect(group.cases.filter(({ why, source }) => why === '' || source === '')).toEqual([]);
  });
});

test('every folder of cases is a group of the catalogue', async () => {
  const { catalogueFor, DEVICE_TYPES } = await import('../../leak/catalogue.ts');
  const named = await Promise.all(
    groups.map(async (name) => ((await exportsOf(join(CASES, `${name}.ts`))) as [Group])[0]),
  );
  const fired = catalogueFor(new Set(DEVICE_TYPES)).map((group) => group.name);
  expect(fired.sort()).toEqual(named.map((group) => group.name).sort());
  const folders = readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).sort()).toEqual([...groups].sort());
});
