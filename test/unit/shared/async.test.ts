import { expect, test } from 'vitest';
import { poll, Slots } from '../../../src/shared/async.ts';

test('asks often at first, and rarely after a second', async () => {
  const askedAt: number[] = [];
  const began = performance.now();
  const ask = () => void askedAt.push(performance.now() - began);
  expect(await poll(ask, { everyMs: 10, laterEveryMs: 400, deadlineMs: 1_600 })).toBeUndefined();
  expect(askedAt.filter((at) => at < 1_000).length).toBeGreaterThan(5);
  expect(askedAt.filter((at) => at >= 1_020).length).toBeLessThanOrEqual(4);
});

test('gives what was found, and asks no more', async () => {
  let asked = 0;
  expect(await poll(() => (++asked === 3 ? 'it' : undefined), { everyMs: 1, deadlineMs: 1_000 })).toBe('it');
  expect(asked).toBe(3);
});

test('ends with its signal', async () => {
  const control = new AbortController();
  const polled = poll(() => undefined, { everyMs: 1, deadlineMs: 60_000, signal: control.signal });
  control.abort();
  await expect(polled).rejects.toThrow();
});

test('Slots: no more than so many at once, in their order, also after a failure', async () => {
  const slots = new Slots(2);
  const [begun, most] = [[] as number[], { now: 0, ever: 0 }];
  const task = async (number: number): Promise<number> => {
    begun.push(number);
    most.ever = Math.max(most.ever, ++most.now);
    await new Promise((resolve) => setTimeout(resolve, 2));
    most.now--;
    if (number === 1) throw new Error('on purpose');
    return number;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((number) => slots.run(() => task(number))));
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(most.ever).toBe(2);
});
