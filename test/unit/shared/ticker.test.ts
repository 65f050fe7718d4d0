import { expect, test } from 'vitest';
import { Ticker } from '../../../src/shared/ticker.ts';

const forever = () => new AbortController().signal;

test('looks until there is something, each for itself', async () => {
  const ticker = new Ticker(5);
  const looks = [0, 0];
  await Promise.all(
    [3, 6].map((wanted, index) =>
      ticker.until(() => ++(looks[index] as number) === wanted, { deadlineMs: 5_000, signal: forever() }),
    ),
  );
  expect(looks).toEqual([3, 6]);
});

test('gives up at the deadline', async () => {
  const began = performance.now();
  await new Ticker(5).until(() => false, { deadlineMs: 40, signal: forever() });
  expect(performance.now() - began).toBeGreaterThanOrEqual(40);
});

test('waits for a look that takes time, and holds up nobody else', async () => {
  const ticker = new Ticker(5);
  let slow = 0;
  let quick = 0;
  const gate = Promise.withResolvers<true>();
  const slowly = () => {
    slow++;
    return gate.promise;
  };
  const both = [
    ticker.until(slowly, { deadlineMs: 5_000, signal: forever() }),
    ticker.until(() => ++quick === 4, { deadlineMs: 5_000, signal: forever() }),
  ];
  await both[1];
  expect([slow, quick]).toEqual([1, 4]);
  gate.resolve(true);
  await both[0];
  expect(slow).toBe(1);
});

test('ends at once with its signal, and with a look that fails', async () => {
  const ticker = new Ticker(5);
  const control = new AbortController();
  const aborted = ticker.until(() => false, { deadlineMs: 5_000, signal: control.signal });
  control.abort(new Error('over'));
  await expect(aborted).rejects.toThrow('over');
  const fail = () => {
    throw new Error('no luck');
  };
  await expect(ticker.until(fail, { deadlineMs: 5_000, signal: forever() })).rejects.toThrow('no luck');
  const failLater = () => Promise.reject(new Error('no luck later'));
  await expect(ticker.until(failLater, { deadlineMs: 5_000, signal: forever() })).rejects.toThrow('no luck later');
});
