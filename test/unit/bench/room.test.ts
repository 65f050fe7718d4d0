import { expect, test } from 'vitest';
import { type Room, whatLacks } from '../../bench/room.ts';

const enough: Room = { memoryMiB: 1600.5, threads: 3200, descriptors: 600 };

test('what needs just what is left fits', () => {
  expect(whatLacks(100, enough)).toBeUndefined();
});

test.each([
  ['memoryMiB', 1599.9, 'they need some 1600 MiB of memory, and 1599 are left'],
  ['threads', 3000, 'they need some 3200 threads, and 3000 are left'],
  ['descriptors', 20, 'they need some 600 open files of the daemon, and 20 are left'],
])('too little of %s', (kind, left, reason) => {
  expect(whatLacks(100, { ...enough, [kind]: left })).toBe(reason);
});
