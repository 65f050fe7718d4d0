import { KEY, RANKS, summaryOf, tableOf } from './figures.ts';
import { leaksSection } from './page/leaks.ts';
import { markdown } from './page/markdown.ts';
import { posturesSection } from './page/postures.ts';
import { RULES } from './page/rules.ts';
import { statesSection } from './page/states.ts';
import { waysSection } from './page/ways.ts';
import { failuresOf, type Results } from './results.ts';

/** docs/generated/leaks.md. */
export function renderPage(results: Results, coverage: string): string {
  const failures = failuresOf(results);
  return [
    '# The leak scoreboard',
    '',
    '<!-- written by scripts/leak-scoreboard; don’t edit -->',
    '',
    `${results.date.slice(0, 16)}Z. ${results.machine}.`,
    '',
    `${summaryOf(results)}.${results.filter ? ` Only cases that match \`${results.filter}\`.` : ''}`,
    '',
    failures.length === 0
      ? 'Of ours nothing leaked, and every control was seen.'
      : ['**Failed:**', '', ...failures.map((failure) => `- ${failure}`)].join('\n'),
    '',
    ...RULES,
    '',
    ...RANKS.flatMap(({ admin, title }) => [
      `## ${title}`,
      '',
      `${KEY}.`,
      '',
      ...markdown(tableOf(results, admin)),
      '',
    ]),
    ...waysSection(results),
    ...statesSection(results),
    ...posturesSection(results),
    ...leaksSection(results),
    '## The catalogue',
    '',
    ...markdown([['group', 'cases'], ...results.groups.map(({ name, cases }) => [name, String(cases)])]),
    '',
    ...(results.unavailable.length > 0
      ? [`Not tried, for this kernel can’t make such devices: ${results.unavailable.join(', ')}.`, '']
      : []),
    coverage.trim(),
    '',
    '## Again',
    '',
    '    scripts/leak-scoreboard',
    '    scripts/leak-scoreboard --way wg-quick --state connected --case "SO_MARK"',
    '    KASM_SIDECAR_GLUETUN=/path/to/gluetun scripts/leak-scoreboard --way gluetun',
    '',
  ].join('\n');
}
