import { expect, test } from 'vitest';
import type { Run } from '../../../src/sidecar/host/command.ts';
import { NftBatch } from '../../../src/sidecar/host/nft-batch.ts';

/** Records what is loaded, each time a moment later; refuses what has `bad` in it, as nft refuses a device that is gone. */
function makeBatch() {
  const loaded: string[] = [];
  const run: Run = async (_, { input = '' } = {}) => {
    loaded.push(input);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (input.includes('bad')) throw new Error('refused');
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  return { batch: new NftBatch(run), loaded };
}

test('those of one moment are loaded together, and those that come meanwhile, in their order', async () => {
  const { batch, loaded } = makeBatch();
  const first = ['1', '2'].map((text) => batch.load(text));
  await new Promise(setImmediate);
  await Promise.all([...first, ...['3', '4'].map((text) => batch.load(text))]);
  await batch.load('5');
  expect(loaded).toEqual(['1\n2', '3\n4', '5']);
});

test('one that is refused fails alone, by few further loads', async () => {
  const { batch, loaded } = makeBatch();
  const texts = ['first', ...Array.from({ length: 63 }, (_, index) => `good ${index}`), 'bad'];
  const results = await Promise.allSettled(texts.map((text) => batch.load(text)));
  expect(results.map(({ status }) => status)).toEqual([...texts.slice(1).map(() => 'fulfilled'), 'rejected']);
  expect(loaded.length).toBeLessThan(16); // not 65
  await batch.load('after');
});
