import { expect, test } from 'vitest';
import { Pace, retryPause } from '../../../src/sidecar/sessions/pace.ts';

const many = (tries: number): number[] => Array.from({ length: 400 }, () => retryPause(tries));

test('the pauses between attempts grow, and end at 15 s', () => {
  expect(Math.max(...many(0))).toBeLessThanOrEqual(750);
  expect(Math.min(...many(3))).toBeGreaterThanOrEqual(2_000);
  for (const tries of [10, 100, 10_000]) expect(Math.max(...many(tries))).toBeLessThanOrEqual(15_000);
});

test.each([0, 3, 100])('after %i failures, 400 who failed together do not try together again', (tries) => {
  const pauses = many(tries);
  const [least, most] = [Math.min(...pauses), Math.max(...pauses)];
  expect(most / least).toBeGreaterThan(2);
  const tenths = new Set(pauses.map((pause) => Math.floor((10 * (pause - least)) / (most - least + 1))));
  expect(tenths.size).toBe(10);
});

test('who asks alone goes on at once; who asks with others, after them', async () => {
  const pace = new Pace();
  const { signal } = new AbortController();
  const began = performance.now();
  const order: number[] = [];
  const turns = Array.from({ length: 8 }, async (_, index) => {
    await pace.turn(signal);
    order.push(index);
    return performance.now() - began;
  });
  const [first = 0, ...others] = await Promise.all(turns);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(first).toBeLessThan(others[0] ?? 0);
  for (const [index, waited] of others.entries()) expect(waited).toBeGreaterThan(50 * (index + 1) - 5); // timers may be 1 ms early
});

test('who is not wanted any more leaves at once', async () => {
  const pace = new Pace();
  const control = new AbortController();
  await pace.turn(control.signal);
  const turn = pace.turn(control.signal);
  control.abort();
  await expect(turn).rejects.toThrow();
});
