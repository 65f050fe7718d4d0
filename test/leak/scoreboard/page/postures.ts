import { markdown } from '../../../support/markdown.ts';
import { cellsAt, firedStates, sumOf, textOf } from '../figures.ts';
import type { Results } from '../results.ts';
import type { StateName } from '../state.ts';

/** States of a way in which nothing differs share a line. */
export function posturesSection(results: Results): string[] {
  const postures = [...new Set(results.cells.map(({ posture }) => posture))];
  const rows = results.ways.flatMap(({ name }) => {
    const states = firedStates(results).filter((state) => cellsAt(results, name, state).length > 0);
    const alike = Map.groupBy(states, (state) => entriesOf(results, name, state, postures).join(' | '));
    return [...alike].map(([entries, all]) => [name, all.join(', '), entries]);
  });
  return ['## By posture', '', ...markdown([['way', 'state', ...postures], ...rows]), ''];
}

const entriesOf = (results: Results, way: string, state: StateName, postures: readonly string[]): string[] =>
  postures.map((posture) => {
    const cell = cellsAt(results, way, state).find((one) => one.posture === posture);
    return cell ? textOf(sumOf([cell])) : '';
  });
