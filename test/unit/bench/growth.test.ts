import { describe, expect, test } from 'vitest';
import { growthOf, partsOf } from '../../bench/growth.ts';
import { inRounds, inWholeRounds } from '../../bench/rounds.ts';
import { noMoreThan, parseSizes } from '../../bench/sizes.ts';

describe('a fleet that grows', () => {
  const rounds = [1, 1, 2, 1, 1, 3, 4, 4, 4, 5, 4];

  test('is told in its first and last rounds, and in halves', () => {
    expect(partsOf(rounds)).toEqual({
      'the first five rounds': [1, 1, 2, 1, 1],
      'the last five rounds': [4, 4, 4, 5, 4],
      'the first half': [1, 1, 2, 1, 1, 3],
      'the second half': [4, 4, 4, 5, 4],
    });
  });

  test('grows as the medians of its ends do', () => {
    expect(growthOf(rounds)).toBe(4);
    expect(growthOf([2])).toBe(1);
    expect(growthOf([])).toBeNaN();
  });
});

describe('sizes', () => {
  test.each([
    ['1,50,200', [1, 50, 200]],
    ['20', [20]],
    ['50, 4', [4, 50]],
  ])('%s', (text, sizes) => {
    expect(parseSizes(text)).toEqual(sizes);
  });

  test.each(['', '1,', '0', '-3', '1.5', 'many'])('"%s" is refused', (text) => {
    expect(() => parseSizes(text)).toThrow(`no list of numbers: ${text}`);
  });
});

test('sizes above the most become it, once', () => {
  expect(noMoreThan(200, [1, 50, 200, 500])).toEqual([1, 50, 200]);
  expect(noMoreThan(200, [20, 500])).toEqual([20, 200]);
});

describe('rounds', () => {
  test.each([
    [200, 200],
    [50, 48],
    [1, 4],
  ])('%i containers in whole ones are %i', (size, containers) => {
    expect(inWholeRounds(size)).toBe(containers);
  });

  test('begin when the one before has ended', async () => {
    const steps: string[] = [];
    await inRounds([1, 2, 3, 4, 5], async (item) => {
      steps.push(`${item} begins`);
      await Promise.resolve();
      steps.push(`${item} ends`);
    });
    expect(steps.indexOf('5 begins')).toBeGreaterThan(steps.indexOf('4 ends'));
    expect(steps.indexOf('4 begins')).toBeLessThan(steps.indexOf('1 ends'));
  });
});
