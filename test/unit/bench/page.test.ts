import { describe, expect, test } from 'vitest';
import { figuresOf, type Part, tableOf } from '../../bench/figures.ts';
import { renderPage, renderPart, rowText } from '../../bench/page.ts';

const DATE = '2026-11-21T12:00:00.000Z';

const part: Part = {
  subject: 'starting',
  machine: 'a machine',
  notes: ['more did not fit'],
  tables: [
    tableOf('until connected', 's', { ours: [1.5, 1.25, 2], theirs: [1] }),
    tableOf('sessions lost', '', { ours: [Number.NaN] }),
  ],
};

describe('a row', () => {
  test.each([
    ['with its spread', [11, 12.4, 14.6], 'ms', '12 ms (12–14; 11–15)'],
    ['of one value, which has none', [12.4], 'ms', '12 ms'],
    ['of small values', [0.0662, 0.07, 0.5], 'ms', '0.070 ms (0.068–0.285; 0.066–0.500)'],
    ['of a few', [1.234, 2.5, 3.456], '×', '2.50 × (1.87–2.98; 1.23–3.46)'],
    ['of a count, without a unit', [0, 0, 3], '', '0 (0–1.50; 0–3)'],
    ['of nothing', [], 's', '–'],
  ])('%s', (_, values, unit, expected) => {
    const { ours } = tableOf('', unit, { ours: values }).rows;
    expect(ours && rowText(ours, unit)).toBe(expected);
  });
});

test('what is printed of a subject', () => {
  expect(renderPart(part, DATE)).toBe(`# starting

2026-11-21T12:00Z. a machine.

- more did not fit

## until connected

|  | median (25 %–75 %; min–max) | values |
|---|---|---|
| ours | 1.50 s (1.38–1.75; 1.25–2) | 3 |
| theirs | 1 s | 1 |

## sessions lost

|  | median (25 %–75 %; min–max) | values |
|---|---|---|
| ours | – | 0 |
`);
});

test('the page has every subject’s tables one heading further down', () => {
  const lines = renderPage(figuresOf([part], DATE)).split('\n');
  expect(lines.slice(0, 5)).toEqual([
    '# What a session costs',
    '',
    '<!-- written by scripts/bench; don’t edit -->',
    '',
    '2026-11-21T12:00Z. a machine.',
  ]);
  for (const line of [
    '## starting',
    '- more did not fit',
    '### until connected',
    '| ours | 1.50 s (1.38–1.75; 1.25–2) | 3 |',
  ])
    expect(lines).toContain(line);
});

test('figures that were written down give the same page', () => {
  const figures = figuresOf([part], DATE);
  expect(renderPage(JSON.parse(JSON.stringify(figures)))).toBe(renderPage(figures));
});
