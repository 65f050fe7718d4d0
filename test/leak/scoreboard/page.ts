import { markdown } from '../../support/markdown.ts';
import { KEY, RANKS, summaryOf, tableOf } from './figures.ts';
import { leaksSection } from './page/leaks.ts';
import { posturesSection } from './page/postures.ts';
import { RULES } from './page/rules.ts';
import { statesSection } from './page/states.ts';
import { verdictSection } from './page/verdict.ts';
import { waysSection } from './page/ways.ts';
import type { Results } from './results.ts';

/** docs/generated/leaks.md. */
export function renderPage(results: Results, coverage: string): string {
  return [
    '# The leak scoreboard',
    '',
    '<!-- written by scripts/leak-scoreboard; don’t edit -->',
    '',
    `${results.date.slice(0, 16)}Z. ${results.machine}.`,
    '',
    `${summaryOf(results)}.${results.filter ? ` Only cases that match \`${results.filter}\`.` : ''}`,
    '',
    ...verdictSection(results),
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
    'All of it; one case of one way in one state, with a packet of it where it leaks; a few cases; and with gluetun’s own program:',
    '',
    '    scripts/leak-scoreboard',
    '    scripts/leak-scoreboard --way wg-quick --state connected --case "Docker’s resolver, UDP"',
    '    scripts/leak-scoreboard --case "GRE|VLAN"',
    '    KASM_SIDECAR_GLUETUN=/path/to/gluetun scripts/leak-scoreboard --way gluetun',
    '',
  ].join('\n');
}
