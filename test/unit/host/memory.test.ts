import { expect, test } from 'vitest';
import { giveMemoryBack } from '../../../src/sidecar/host/memory.ts';

const MEBIBYTE = 1 << 20;

test('what nobody needs any more is given back', () => {
  let much: unknown[] | undefined = Array.from({ length: 300_000 }, (_, index) => ({ index }));
  const before = process.memoryUsage().heapUsed;
  expect(much).toHaveLength(300_000);
  much = undefined;
  giveMemoryBack();
  expect(before - process.memoryUsage().heapUsed).toBeGreaterThan(5 * MEBIBYTE);
});
