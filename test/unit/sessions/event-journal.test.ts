import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventJournal } from '../../../src/sidecar/sessions/event-journal.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'events.jsonl');
});
afterEach(() => rmSync(join(path, '..'), { recursive: true }));

const open = async () => {
  const journal = new EventJournal(path);
  journal.open();
  return journal;
};

test('a process that comes later knows what an earlier one told', async () => {
  const first = await open();
  const { id } = first.append({ namespace: 'aaaaaaaaaaaa', state: 'ended', previous: 'connected' });
  const second = await open();
  expect(second.hasEnded('aaaaaaaaaaaa')).toBe(true);
  expect(second.hasEnded('bbbbbbbbbbbb')).toBe(false);
  expect(second.append({ namespace: 'b', state: 'blocked' }).id).toBeGreaterThan(id);
});

test('drops a line that a crash tore', async () => {
  (await open()).append({ namespace: 'a', state: 'blocked' });
  appendFileSync(path, '{"id":99999,"na');
  expect((await open()).after(0)).toHaveLength(1);
});

test('gives what came after an id, and tells listeners until they leave', async () => {
  const journal = await open();
  const heard: string[] = [];
  const leave = journal.subscribe(({ state }) => heard.push(state));
  const { id } = journal.append({ namespace: 'a', state: 'blocked' });
  journal.append({ namespace: 'a', state: 'connecting' });
  leave();
  journal.append({ namespace: 'a', state: 'connected' });
  expect(journal.after(id).map(({ state }) => state)).toEqual(['connecting', 'connected']);
  expect(heard).toEqual(['blocked', 'connecting']);
});

test('a full disk: events are told all the same, and written again when there is room', async () => {
  const journal = await open();
  rmSync(path);
  symlinkSync('/dev/full', path);
  const heard: string[] = [];
  journal.subscribe(({ state }) => heard.push(state));
  journal.append({ namespace: 'a', state: 'connecting' });
  rmSync(path);
  writeFileSync(path, '{"id":1,"na'); // what fitted
  journal.append({ namespace: 'a', state: 'ended' });
  expect(heard).toEqual(['connecting', 'ended']);
  expect((await open()).hasEnded('a')).toBe(true);
});

test('a folder that can not be written to keeps nobody from starting', () => {
  writeFileSync(path, '');
  expect(() => new EventJournal(join(path, 'below/events.jsonl')).open()).not.toThrow();
});
