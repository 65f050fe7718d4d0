import { describe, expect, test } from 'vitest';
import { areSettled, firstTimes, type Told } from '../../bench/arrivals.ts';

const told = (second: number, state: string, name?: string): Told => ({
  time: `2026-11-21T12:00:0${second}.000Z`,
  state,
  container: name === undefined ? undefined : { name },
});
const at = (second: number): number => Date.parse('2026-11-21T12:00:00.000Z') + second * 1000;

const events = [
  told(1, 'blocked'),
  told(2, 'connecting', 'a'),
  told(3, 'connected', 'a'),
  told(4, 'reconnecting', 'a'),
  told(5, 'connected', 'a'),
  told(6, 'failed', 'b'),
];

test('a session has come when it is connected for the first time', () => {
  expect([...firstTimes(events, 'connected')]).toEqual([['a', at(3)]]);
});

describe('nothing more comes', () => {
  test.each([
    ['of who is connected, or has failed', ['a', 'b'], true],
    ['of nobody', [], true],
    ['but of who is only connecting', ['a', 'c'], false],
  ])('%s', (_, names, settled) => {
    expect(areSettled([...events, told(7, 'connecting', 'c')], names)).toBe(settled);
  });
});
