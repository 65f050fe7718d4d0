import { markdown } from '../support/markdown.ts';
import type { Figures, Part, Row, Subject, Table } from './figures.ts';

function numberText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10) return value.toFixed(0);
  return value.toFixed(Math.abs(value) < 1 ? 3 : 2);
}

const rangeText = (from: number, to: number): string => `${numberText(from)}–${numberText(to)}`;

/** `12 ms (12–13; 11–14)`; one value alone has no spread. */
export function rowText({ min, lowerQuartile, median, upperQuartile, max, values }: Row, unit: string): string {
  if (min === null || lowerQuartile === null || median === null || upperQuartile === null || max === null) return '–';
  const text = `${numberText(median)} ${unit}`.trimEnd();
  return values.length === 1 ? text : `${text} (${rangeText(lowerQuartile, upperQuartile)}; ${rangeText(min, max)})`;
}

const tableLines = ({ title, unit, rows }: Table, heading: string): string[] => [
  `${heading} ${title}`,
  '',
  ...markdown([
    ['', 'median (25 %–75 %; min–max)', 'values'],
    ...Object.entries(rows).map(([name, row]) => [name, rowText(row, unit), String(row.values.length)]),
  ]),
  '',
];

const noteLines = (notes: readonly string[]): string[] =>
  notes.length === 0 ? [] : [...notes.map((note) => `- ${note}`), ''];

const subjectLines = ({ tables, notes }: Subject, heading: string): string[] => [
  ...noteLines(notes),
  ...tables.flatMap((table) => tableLines(table, heading)),
];

const about = (date: string, machine: string): string => `${date.slice(0, 16)}Z. ${machine}.`;

/** What is printed when one subject has been measured. */
export const renderPart = (part: Part, date: string): string =>
  [`# ${part.subject}`, '', about(date, part.machine), '', ...subjectLines(part, '##')].join('\n');

const RULES = [
  'Medians, in brackets between what the middle half lies, then the least and the most, and of how many values. What is compared takes',
  'turns, each time with another one first, so that a busy moment of the machine hits all alike; shares and differences are made run by run.',
  'Only a fleet of sessions can’t take turns with another one. Nothing passes or fails by a figure.',
  '',
  '- Sessions, VPN servers and the site that is asked share this machine’s cores.',
  '- *By hand* is the same tool with the same file and the same MTU, set up by its own means: no rules, and no daemon.',
];

const AGAIN = [
  '## Again',
  '',
  'All of it; one subject; and one with other numbers, whose page and figures are kept:',
  '',
  '    scripts/bench',
  '    scripts/bench -- start',
  '    KASM_SIDECAR_BENCH_SESSIONS=1,20 scripts/bench --json idle.json --page idle.md -- idle',
  '',
];

/** docs/generated/bench.md. */
export const renderPage = ({ generatedAt, machine, subjects }: Figures): string =>
  [
    '# What a session costs',
    '',
    '<!-- written by scripts/bench; don’t edit -->',
    '',
    about(generatedAt, machine),
    '',
    ...RULES,
    '',
    ...subjects.flatMap((subject) => [`## ${subject.subject}`, '', ...subjectLines(subject, '###')]),
    ...AGAIN,
  ].join('\n');
