import { cellsOf, firedStates, keyOf } from '../figures.ts';
import type { Cell, Leaked, Results } from '../results.ts';

/** More would hide what they are about; the JSON has one for each case. */
const EXCERPTS = 4;
const NAMES = 12;

/** What leaked, with a few packets of each group of the catalogue. */
export const leaksSection = (results: Results): string[] => [
  ...section('## What leaked, with Docker’s default capabilities or fewer', ordinary(results)),
  ...section('## What leaked with NET_ADMIN, in any state', admin(results)),
];

const section = (title: string, parts: readonly string[]): string[] => (parts.length > 0 ? [title, '', ...parts] : []);

/** States in which the same leaked are told of once. */
const ordinary = (results: Results): string[] =>
  results.ways.flatMap(({ name }) => {
    const found = firedStates(results).map((state) => {
      const leaks = distinct(results, cellsOf(results, name, state, false));
      return { state, leaks };
    });
    const alike = Map.groupBy(
      found.filter(({ leaks }) => leaks.length > 0),
      ({ leaks }) => leaks.map((leak) => `${keyOf(leak)} ${leak.reach}`).join('\n'),
    );
    return [...alike.values()].flatMap((all) =>
      leakLines(`${name}: ${all.map(({ state }) => state).join(', ')}`, all[0]?.leaks ?? []),
    );
  });

/** Nearly all of it leaks in nearly every state, so one telling is enough. */
const admin = (results: Results): string[] =>
  results.ways.flatMap(({ name }) => {
    const leaks = distinct(
      results,
      firedStates(results).flatMap((state) => cellsOf(results, name, state, true)),
    );
    return leaks.length > 0 ? leakLines(name, leaks) : [];
  });

/** The worst sighting of each case: first what left the host, then in the catalogue's order. */
function distinct({ groups }: Results, cells: readonly Cell[]): Leaked[] {
  const found = new Map<string, Leaked>();
  for (const leak of cells.flatMap(({ leaked }) => leaked)) {
    if (found.get(keyOf(leak))?.reach !== 'internet') found.set(keyOf(leak), leak);
  }
  const far = ({ reach }: Leaked) => (reach === 'internet' ? 0 : 1);
  const place = ({ group }: Leaked) => groups.findIndex(({ name }) => name === group);
  return [...found.values()].sort((a, b) => far(a) - far(b) || place(a) - place(b) || a.case.localeCompare(b.case));
}

function leakLines(where: string, leaks: readonly Leaked[]): string[] {
  const out = leaks.filter(({ reach }) => reach === 'internet');
  const near = leaks.filter(({ reach }) => reach === 'host');
  const named = (all: readonly Leaked[]) =>
    all.length <= NAMES
      ? all.map((leak) => leak.case).join('; ')
      : `${all
          .slice(0, NAMES)
          .map((leak) => leak.case)
          .join('; ')}; and ${all.length - NAMES} more`;
  return [
    `### ${where}`,
    '',
    ...(out.length > 0 ? [`Left the host (${out.length}): ${named(out)}.`, ''] : []),
    ...(near.length > 0 ? [`Reached the host or a neighbour (${near.length}): ${named(near)}.`, ''] : []),
    ...oneAGroup(leaks)
      .slice(0, EXCERPTS)
      .map(({ excerpt }) => `    ${excerpt}`),
    '',
  ];
}

/** The first of each group of the catalogue. */
const oneAGroup = (leaks: readonly Leaked[]): Leaked[] =>
  [...new Map([...leaks].reverse().map((leak) => [leak.group, leak])).values()].sort(
    (a, b) => leaks.indexOf(a) - leaks.indexOf(b),
  );
