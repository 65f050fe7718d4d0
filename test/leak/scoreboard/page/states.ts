import type { Results } from '../results.ts';
import { STATES } from '../state.ts';

export function statesSection(results: Results): string[] {
  const skipped = new Set(results.skipped.map(({ way }) => way));
  const reasons = results.absent.filter(({ way }) => !skipped.has(way));
  const ofWay = [...Map.groupBy(reasons, ({ way, why }) => `\`${way}\`|${why}`)].map(([key, all]) => {
    const [way = '', why = ''] = key.split('|');
    return { way, what: `*${all.map(({ state }) => state).join('*, *')}*: ${why}` };
  });
  const byReason = Map.groupBy(ofWay, ({ what }) => what);
  return [
    '## The states',
    '',
    ...STATES.map(({ name, meaning }) => `- *${name}*: ${meaning}.`),
    '',
    'Not applicable:',
    '',
    ...[...byReason].map(([what, all]) => `- ${all.map(({ way }) => way).join(', ')}: ${what}.`),
    '',
  ];
}
