import { type Cell, failuresOf, type Leaked, type Results } from './results.ts';
import { STATES, type StateName } from './state.ts';

/** The postures of an attacker that may change its own namespace, and those of one that may not. */
const RANKS = [
  { admin: false, title: 'With Docker’s default capabilities, or fewer' },
  { admin: true, title: 'With NET_ADMIN: a root who may change addresses, routes and rules inside' },
] as const;

/** Distinct cases over some postures. */
interface Sum {
  readonly shown: number;
  readonly leaked: number;
  readonly internet: number;
}

const keyOf = ({ group, case: name }: Leaked): string => `${group} / ${name}`;

function sumOf(cells: readonly Cell[]): Sum {
  const leaks = cells.flatMap(({ leaked }) => leaked);
  return {
    shown: new Set(cells.flatMap(({ shown }) => shown)).size,
    leaked: new Set(leaks.map(keyOf)).size,
    internet: new Set(leaks.filter(({ reach }) => reach === 'internet').map(keyOf)).size,
  };
}

const textOf = ({ shown, leaked, internet }: Sum): string =>
  leaked === 0 ? `0 / ${shown}` : `${leaked} (${internet}) / ${shown}`;

const cellsOf = ({ cells }: Results, way: string, state: StateName, admin: boolean): Cell[] =>
  cells.filter((cell) => cell.way === way && cell.state === state && cell.admin === admin);

const firedStates = ({ cells }: Results): StateName[] =>
  STATES.map(({ name }) => name).filter((name) => cells.some(({ state }) => state === name));

function entryOf(results: Results, way: string, state: StateName, admin: boolean): string {
  const cells = cellsOf(results, way, state, admin);
  if (cells.length > 0) return textOf(sumOf(cells));
  return results.absent.some((one) => one.way === way && one.state === state) ? 'n/a' : '?';
}

/** One row a state, one column a way. */
function tableOf(results: Results, admin: boolean): string[][] {
  const ways = results.ways.filter(({ name }) => results.cells.some(({ way }) => way === name));
  const rows = firedStates(results).map((state) => [
    state,
    ...ways.map(({ name }) => entryOf(results, name, state, admin)),
  ]);
  return [['', ...ways.map(({ name }) => name)], ...rows];
}

const KEY =
  'cases leaked / cases shown; in brackets those of which a packet left the host, the others reached the host itself or a neighbour on the network';

/** For a terminal. */
export function renderTable(results: Results): string {
  const parts = RANKS.map(({ admin, title }) => [title, '', ...align(tableOf(results, admin)), ''].join('\n'));
  const notes = [
    ...results.skipped.map(({ way, why }) => `skipped: ${way}: ${why}`),
    ...failuresOf(results).map((failure) => `FAILED: ${failure}`),
  ];
  return [`${KEY}`, '', ...parts, ...notes, summaryOf(results), ''].join('\n');
}

function align(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function summaryOf({ cells, groups, minutes, skipped }: Results): string {
  const probes = cells.reduce((sum, cell) => sum + cell.probes, 0);
  const cases = groups.reduce((sum, group) => sum + group.cases, 0);
  return `${cases} cases, ${cells.length} volleys, ${probes} probes, ${skipped.length} ways skipped, ${minutes.toFixed(1)} minutes`;
}

const markdown = ([head = [], ...rows]: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];

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

const RULES = [
  'An attacker in the container fires every case of `test/leak/cases`; all of the host’s interfaces are captured. A case has leaked',
  'when one packet of it was seen in the clear behind the host’s end of the container’s own wire. It counts only where it was *shown*:',
  'an unprotected container with the same capabilities fired the same right after, and that was seen. What a posture can’t even try',
  '(a raw socket without NET_RAW) is left out. A case whose control was not seen is an error, not a pass.',
  '',
  'To be read with care:',
  '',
  '- The others don’t set out to shield the host and its neighbours on a Docker network, or to hold a root with NET_ADMIN. What counts',
  '  for the internet is the number in brackets, and for an ordinary container the first table.',
  '- Docker’s default capabilities have NET_RAW: packet sockets pass every rule of the container’s own namespace. *By posture* has a column',
  '  without it.',
  '- The host’s resolver is on loopback, as systemd-resolved and dnsmasq are. Docker’s resolver then asks from the host, whatever stands in',
  '  the container; most programs don’t ask it where another one stands in resolv.conf.',
  '- A bridge that has learnt from forged frames withholds some that follow, so what reached neighbours differs by a few cases from run to run.',
  '- *The way to the proxy* is an exception of our networks; its cases are fired at ours alone.',
];

function waysSection({ ways, skipped }: Results): string[] {
  return [
    '## The ways',
    '',
    ...ways.flatMap(({ name, title, how, sources }) => [
      `- \`${name}\`: ${title}. ${how[0]?.toUpperCase()}${how.slice(1)}${how.endsWith('.') ? '' : '.'} Sources: ${sources.join('; ')}.${skippedNote(skipped, name)}`,
    ]),
    '',
  ];
}

function skippedNote(skipped: Results['skipped'], name: string): string {
  const found = skipped.find(({ way }) => way === name);
  return found ? ` **Skipped**: ${found.why}.` : '';
}

function statesSection(results: Results): string[] {
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

/** States of a way in which nothing differs share a line. */
function posturesSection(results: Results): string[] {
  const postures = [...new Set(results.cells.map(({ posture }) => posture))];
  const rows = results.ways.flatMap(({ name }) => {
    const states = firedStates(results).filter((state) => cellsAt(results, name, state).length > 0);
    const alike = Map.groupBy(states, (state) => entriesOf(results, name, state, postures).join(' | '));
    return [...alike].map(([entries, all]) => [name, all.join(', '), entries]);
  });
  return ['## By posture', '', ...markdown([['way', 'state', ...postures], ...rows]), ''];
}

const cellsAt = ({ cells }: Results, way: string, state: StateName): Cell[] =>
  cells.filter((cell) => cell.way === way && cell.state === state);

const entriesOf = (results: Results, way: string, state: StateName, postures: readonly string[]): string[] =>
  postures.map((posture) => {
    const cell = cellsAt(results, way, state).find((one) => one.posture === posture);
    return cell ? textOf(sumOf([cell])) : '';
  });

/** More would hide what they are about; the JSON has one for each case. */
const EXCERPTS = 4;
const NAMES = 12;

/** What leaked of the lesser postures, with a few packets; states in which the same leaked are told of once. */
function leaksSection(results: Results): string[] {
  const parts = results.ways.flatMap(({ name }) => {
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
  if (parts.length === 0) return [];
  return ['## What leaked, with Docker’s default capabilities or fewer', '', ...parts];
}

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
