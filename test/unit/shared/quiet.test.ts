import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Quiet } from '../../../src/shared/quiet.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('once, when nobody has disturbed for that long', () => {
  const work = vi.fn();
  const quiet = new Quiet(work, 100);
  quiet.disturb();
  vi.advanceTimersByTime(90);
  quiet.disturb();
  vi.advanceTimersByTime(90);
  expect(work).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(work).toHaveBeenCalledTimes(1);
  quiet.disturb();
  vi.advanceTimersByTime(100);
  expect(work).toHaveBeenCalledTimes(2);
});
