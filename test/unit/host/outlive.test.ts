import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outliveUs } from '../../../src/sidecar/host/outlive.ts';

const ID = 'e64a66619d8319c3a13db7e5d986aa9c8850af31e4d315de69cc84f1deebd3c4';
let groups: string;
beforeEach(() => {
  groups = mkdtempSync(join(tmpdir(), 'groups-'));
});
afterEach(() => rmSync(groups, { recursive: true }));

const hierarchy = (name: string): void => {
  mkdirSync(join(groups, name), { recursive: true });
  writeFileSync(join(groups, name, 'cgroup.procs'), '');
};
const movedIn = (name: string): string => readFileSync(join(groups, name, 'kasm-sidecar/cgroup.procs'), 'utf8');

test('version 1: leaves the plugin’s group in each hierarchy', async () => {
  for (const name of ['devices', 'memory', 'unified']) hierarchy(name);
  symlinkSync('devices', join(groups, 'link'));
  await outliveUs(42, groups, `9:devices:/${ID}\n4:memory:/elsewhere/${ID}\n0::/${ID}\n`);
  expect(['devices', 'memory', 'unified'].map(movedIn)).toEqual(['42', '42', '42']);
});

test.each([`0::/${ID}\n`, `0::/system.slice/docker-${ID}.scope\n`])('version 2: %s', async (own) => {
  hierarchy('.');
  await outliveUs(42, groups, own);
  expect(movedIn('.')).toBe('42');
});

test.each(['0::/system.slice/kasm-sidecar.service\n', '9:devices:/\n0::/\n', '0::/user.slice/session-1.scope\n'])(
  'a process on the host stays where it is: %s',
  async (own) => {
    hierarchy('.');
    await outliveUs(42, groups, own);
    expect(existsSync(join(groups, 'kasm-sidecar'))).toBe(false);
  },
);

test('where there are no groups to be seen, nothing happens', async () => {
  await expect(outliveUs(42, join(groups, 'nowhere'), `0::/${ID}\n`)).resolves.toBeUndefined();
});
