import type { Cell, Leaked, Results } from './results.ts';
import { STATES, type StateName } from './state.ts';

/** The postures of an attacker that may change its own namespace, and those of one that may not. */
export const RANKS = [
  { admin: false, title: 'With Docker’s default capabilities, or fewer' },
  { admin: true, title: 'With NET_ADMIN: a root who may change addresses, routes and rules inside' },
] as const;

/** Distinct cases over some postures. */
interface Sum {
  readonly shown: number;
  readonly leaked: number;
  readonly internet: number;
}

export const keyOf = ({ group, case: name }: Leaked): string => `${group} / ${name}`;

export function sumOf(cells: readonly Cell[]): Sum {
  const leaks = cells.flatMap(({ leaked }) => leaked);
  return {
    shown: new Set(cells.flatMap(({ shown }) => shown)).size,
    leaked: new Set(leaks.map(keyOf)).size,
    internet: new Set(leaks.filter(({ reach }) => reach === 'internet').map(keyOf)).size,
  };
}

export const textOf = ({ shown, leaked, internet }: Sum): string =>
  leaked === 0 ? `0 / ${shown}` : `${leaked} (${internet}) / ${shown}`;

export const cellsOf = ({ cells }: Results, way: string, state: StateName, admin: boolean): Cell[] =>
  cells.filter((cell) => cell.way === way && cell.state === state && cell.admin === admin);

export const firedStates = ({ cells }: Results): StateName[] =>
  STATES.map(({ name }) => name).filter((name) => cells.some(({ state }) => state === name));

function entryOf(results: Results, way: string, state: StateName, admin: boolean): string {
  const cells = cellsOf(results, way, state, admin);
  if (cells.length > 0) return textOf(sumOf(cells));
  return results.absent.some((one) => one.way === way && one.state === state) ? 'n/a' : '?';
}

/** One row a state, one column a way. */
export function tableOf(results: Results, admin: boolean): string[][] {
  const ways = results.ways.filter(({ name }) => results.cells.some(({ way }) => way === name));
  const rows = firedStates(results).map((state) => [
    state,
    ...ways.map(({ name }) => entryOf(results, name, state, admin)),
  ]);
  return [['', ...ways.map(({ name }) => name)], ...rows];
}

export const KEY =
  'cases leaked / cases shown; in brackets those of which a packet left the host, the others reached the host itself or a neighbour on the network';

export function summaryOf({ cells, groups, minutes, skipped }: Results): string {
  const probes = cells.reduce((sum, cell) => sum + cell.probes, 0);
  const cases = groups.reduce((sum, group) => sum + group.cases, 0);
  return `${cases} cases, ${cells.length} volleys, ${probes} probes, ${skipped.length} ways skipped, ${minutes.toFixed(1)} minutes`;
}

export const cellsAt = ({ cells }: Results, way: string, state: StateName): Cell[] =>
  cells.filter((cell) => cell.way === way && cell.state === state);
