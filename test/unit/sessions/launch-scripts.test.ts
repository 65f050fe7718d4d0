import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LaunchScripts } from '../../../src/sidecar/sessions/launch-scripts.ts';
import { RecordStore } from '../../../src/sidecar/store/record-store.ts';
import { launchScriptRecord } from '../../../src/sidecar/store/records.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const container = { id: 'abcdef0123456789'.repeat(4), name: 'desk', labels: { 'kasm.egress': 'office' } };
const script = (session_id: string) => ({ version: 1, session_id, egress: { type: 'none' } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scripts-'));
  writeFileSync(join(folder, 'office.json'), JSON.stringify(script('from-profile')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const make = () =>
  new LaunchScripts({
    store: new RecordStore(join(folder, 'store'), launchScriptRecord),
    profileDir: folder,
    check: async () => undefined,
    log: silent,
  });

const foundBy = async (scripts: LaunchScripts, launchKey?: string) =>
  (await scripts.find({ launchKey, container }))?.script.session_id;

describe('which launch script a container gets', () => {
  test('its own key before its id, its id before its name, its name before its label', async () => {
    const scripts = make();
    expect(await foundBy(scripts)).toBe('from-profile');
    await scripts.put('desk', script('by-name'));
    expect(await foundBy(scripts)).toBe('by-name');
    await scripts.put(container.id.slice(0, 12), script('by-id'));
    expect(await foundBy(scripts)).toBe('by-id');
    await scripts.put('own', script('by-key'));
    expect(await foundBy(scripts, 'own')).toBe('by-key');
  });

  test('one that names a key waits for that key, whatever else would fit', async () => {
    expect(await foundBy(make(), 'not-yet')).toBeUndefined();
  });

  test('fewer than 12 digits of an id are no key', async () => {
    const scripts = make();
    await scripts.put(container.id.slice(0, 11), script('short'));
    expect(await foundBy(scripts)).toBe('from-profile');
  });

  test.each(['../office', 'absent', ''])(
    'a label that leads nowhere is an error, not a way out: %j',
    async (profile) => {
      const labelled = { ...container, labels: { 'kasm.egress': profile } };
      await expect(make().find({ launchKey: undefined, container: labelled })).rejects.toMatchObject({
        code: 'PROFILE_INVALID',
      });
    },
  );
});

describe('put', () => {
  test('announces a change, and not the same body again', async () => {
    const scripts = make();
    const heard: string[] = [];
    scripts.onChange((key) => heard.push(key));
    await scripts.put('a', script('1'));
    await scripts.put('a', script('1'));
    await scripts.put('a', script('2'));
    expect(heard).toEqual(['a', 'a']);
  });

  test('leaves everything as it was when the body is wrong', async () => {
    const scripts = make();
    await scripts.put('a', script('1'));
    await expect(scripts.put('a', { version: 1 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect((await scripts.list()).map(({ session_id }) => session_id)).toEqual(['1']);
  });

  test('is on disk: a later process knows it, until it is removed', async () => {
    await make().put('a', script('1'));
    const later = make();
    await later.recover();
    expect(await later.list()).toHaveLength(1);
    await later.remove('a');
    expect(readdirSync(join(folder, 'store'))).toEqual([]);
  });
});
