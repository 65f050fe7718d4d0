import { describe, expect, test } from 'vitest';
import { figuresOf, median, type Part, quantile, tableOf } from '../../bench/figures.ts';

describe('quantile', () => {
  test.each([
    ['the middle one', [3, 1, 2], 0.5, 2],
    ['between two in the middle', [4, 1, 2, 3], 0.5, 2.5],
    ['the least', [3, 1, 2], 0, 1],
    ['the most', [3, 1, 2], 1, 3],
    ['near the end', Array.from({ length: 101 }, (_, value) => value), 0.99, 99],
    ['the only one', [7], 0.99, 7],
    ['of nothing, nothing', [], 0.5, null],
  ])('%s', (_, values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });

  test('leaves the order of what was measured', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

test('a table keeps values in their order, without what could not be measured', () => {
  expect(tableOf('time', 's', { ours: [3, Number.NaN, 1], theirs: [Number.NaN] })).toEqual({
    title: 'time',
    unit: 's',
    rows: {
      ours: { min: 1, lowerQuartile: 1.5, median: 2, upperQuartile: 2.5, max: 3, values: [3, 1] },
      theirs: { min: null, lowerQuartile: null, median: null, upperQuartile: null, max: null, values: [] },
    },
  });
});

test('a run’s figures are its subjects’, by name, with the machine once', () => {
  const tables = [tableOf('time', 's', {})];
  const part = (subject: string): Part => ({ subject, machine: 'a machine', tables, notes: [`of ${subject}`] });
  expect(figuresOf([part('starting'), part('faults')], '2026-11-21T12:00:00.000Z')).toEqual({
    generatedAt: '2026-11-21T12:00:00.000Z',
    machine: 'a machine',
    subjects: ['faults', 'starting'].map((subject) => ({ subject, tables, notes: [`of ${subject}`] })),
  });
});
