import {
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linkLogName, openLogFile } from '../../../src/shared/log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a line reads: time, level, subject, text', () => {
  const log = openLogFile(join(folder, 'a.log'));
  log.info('s1', 'Setting up');
  log.warn('s1', 'slow');
  log.error('s1', 'gone');
  const lines = readFileSync(join(folder, 'a.log'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => line.split(' | ').slice(1))).toEqual([
    ['INFO', 's1', 'Setting up'],
    ['WARNING', 's1', 'slow'],
    ['ERROR', 's1', 'gone'],
  ]);
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| /);
});

test('nobody can write a line of his own', () => {
  const log = openLogFile(join(folder, 'a.log'));
  log.info('s1', 'a\n2026-01-01 00:00:00 | INFO | kasm_proxy | forged\u2028x');
  expect(readFileSync(join(folder, 'a.log'), 'utf8').trimEnd().split('\n')).toHaveLength(1);
});

test('goes on in a new file after a rename and reopen', () => {
  const log = openLogFile(join(folder, 'a.log'));
  log.info('s1', 'first');
  renameSync(join(folder, 'a.log'), join(folder, 'a.log.1'));
  log.reopen();
  log.info('s1', 'second');
  expect(readFileSync(join(folder, 'a.log'), 'utf8')).toContain('second');
  expect(readFileSync(join(folder, 'a.log.1'), 'utf8')).not.toContain('second');
});

test('is not for everybody', () => {
  openLogFile(join(folder, 'a.log'));
  expect(statSync(join(folder, 'a.log')).mode & 0o007).toBe(0);
});

test('the second spelling leads to the file, also where something else stood', () => {
  writeFileSync(join(folder, 'network-sidecar.log'), 'old');
  linkLogName('network_sidecar.log', join(folder, 'network-sidecar.log'));
  linkLogName('network_sidecar.log', join(folder, 'network-sidecar.log'));
  expect(readlinkSync(join(folder, 'network-sidecar.log'))).toBe('network_sidecar.log');
});

test.each(['renamed', 'removed'])('a file that was %s is begun anew, without being told', (what) => {
  const path = join(folder, 'a.log');
  const log = openLogFile(path);
  log.info('s1', 'first');
  if (what === 'renamed') renameSync(path, `${path}.1`);
  else rmSync(path);
  log.info('s1', 'second');
  expect(readFileSync(path, 'utf8')).toMatch(/^[^\n]*second\n$/);
});

test('copytruncate: lines go on at the beginning', () => {
  const path = join(folder, 'a.log');
  const log = openLogFile(path);
  log.info('s1', 'first');
  truncateSync(path);
  log.info('s1', 'second');
  expect(readFileSync(path, 'utf8')).toMatch(/^[^\n\0]*second\n$/);
});

test('a full disk costs lines and nothing else; when there is room, the log says how many', () => {
  const path = join(folder, 'a.log');
  symlinkSync('/dev/full', path);
  const log = openLogFile(path);
  for (const text of ['one', 'two', 'three']) log.info('s1', text);
  rmSync(path);
  log.info('s1', 'four');
  log.info('s1', 'five');
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^\d{4}-\S+ \S+ \| WARNING \| log \| 3 lines before this one could not be written$/),
    expect.stringMatching(/\| four$/),
    expect.stringMatching(/\| five$/),
  ]);
});

test('a folder that can not be made keeps nobody from logging', () => {
  writeFileSync(join(folder, 'file'), '');
  const log = openLogFile(join(folder, 'file/below/a.log'));
  expect(() => log.info('s1', 'lost')).not.toThrow();
});
