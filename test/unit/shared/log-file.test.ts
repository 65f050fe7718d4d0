import { mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
