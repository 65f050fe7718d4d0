import { keyOf } from './figures.ts';
import type { Cell, Leaked, Results } from './results.ts';

/** A case that leaked from one way in one state, whatever the posture. */
interface Detail {
  readonly way: string;
  readonly state: string;
  readonly postures: readonly string[];
  readonly leaks: readonly Leaked[];
}

/** More is no news; the suite's own output has every packet, the JSON one for each case and posture. */
const MOST = 20;

function detailsOf(cells: readonly Cell[]): Detail[] {
  const all = cells.flatMap(({ way, state, posture, leaked }) => leaked.map((leak) => ({ way, state, posture, leak })));
  const alike = Map.groupBy(all, ({ way, state, leak }) => JSON.stringify([way, state, keyOf(leak)]));
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { way, state } = first;
    return [{ way, state, postures: same.map(({ posture }) => posture), leaks: same.map(({ leak }) => leak) }];
  });
}

const quoted = (text: string): string => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Fires this one case again, where it has leaked. */
export const againCommand = (way: string, state: string, name: string): string =>
  `scripts/leak-scoreboard --way ${quoted(way)} --state ${quoted(state)} --case ${quoted(name)}`;

function linesOf({ way, state, postures, leaks }: Detail): string[] {
  const worst = leaks.find(({ reach }) => reach === 'internet') ?? leaks[0];
  if (!worst) return [];
  const packets = leaks.reduce((sum, leak) => sum + leak.packets, 0);
  const reached = worst.reach === 'internet' ? 'left the host' : 'reached the host or a neighbour';
  return [
    `${way}, ${state}: ${keyOf(worst)}`,
    `  ${packets} packets, ${reached}; ${postures.join('; ')}`,
    `  ${worst.excerpt}`,
    `  again: ${againCommand(way, state, worst.case)}`,
  ];
}

/** What leaked of `cells`, case by case: how much, a packet from the capture, and how to fire it again. */
export function leakDetails(cells: readonly Cell[]): string[] {
  const details = detailsOf(cells);
  const rest = details.length - MOST;
  return [...details.slice(0, MOST).flatMap(linesOf), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

export const cellsOfOurs = ({ cells, ways }: Results): Cell[] =>
  cells.filter(({ way }) => ways.some(({ name, ours }) => ours && name === way));
