import { expect, test } from 'vitest';
import { limitFor } from '../../../src/sidecar/host/inotify.ts';

test.each([
  [0, 128, 128],
  [63, 128, 128],
  [64, 128, 256],
  [191, 256, 256],
  [500, 128, 1024],
  [10, 8192, 8192],
  [0, 0, 128],
])('%i of ours within a limit of %i: %i', (used, limit, enough) => {
  expect(limitFor(used, limit)).toBe(enough);
});
