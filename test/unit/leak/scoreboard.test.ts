import { describe, expect, test } from 'vitest';
import type { Case } from '../../leak/case.ts';
import { againCommand } from '../../leak/scoreboard/details.ts';
import { renderPage } from '../../leak/scoreboard/page.ts';
import { type Cell, failuresOf, type Results } from '../../leak/scoreboard/results.ts';
import { tally } from '../../leak/scoreboard/tally.ts';
import { renderTable } from '../../leak/scoreboard/terminal.ts';
import type { Judgement, Verdict } from '../../leak/verdict.ts';

const aCase = (name: string): Case => ({ name, why: '', source: '', seenAt: 'wan', attempts: () => [] });

const judgement = (name: string, verdict: Verdict): Judgement => ({
  shot: {
    group: 'names',
    case: aCase(name),
    key: `names / ${name}`,
    attempt: { op: 'udp', to: '203.0.113.80', port: 53 },
    mark: { tag: 'lk0', port: 1 },
  },
  verdict,
});

const leak = (internet: boolean, ...packets: string[]): Verdict => ({ is: 'leak', internet, packets });

describe('from probes to cases', () => {
  test('one probe is enough for a case to leak, and one for it to be shown', () => {
    const counts = tally([
      judgement('a', { is: 'held' }),
      judgement('a', leak(false, 'near')),
      judgement('a', leak(true, 'far', 'farther')),
      judgement('b', { is: 'held' }),
      judgement('b', { is: 'impossible', why: 'no raw socket' }),
      judgement('c', { is: 'impossible', why: 'no raw socket' }),
    ]);
    expect(counts).toEqual({
      cases: 3,
      probes: 6,
      shown: ['names / a', 'names / b'],
      leaked: [{ group: 'names', case: 'a', reach: 'internet', packets: 3, excerpt: 'far' }],
      unproven: [],
    });
  });

  test('a packet that stayed on the host is no packet on the internet', () => {
    expect(tally([judgement('a', leak(false, 'near'))]).leaked[0]?.reach).toBe('host');
  });

  test('what no control has shown is neither held nor shown', () => {
    const counts = tally([judgement('a', { is: 'unproven' })]);
    expect(counts.shown).toEqual([]);
    expect(counts.unproven).toEqual(['a (udp 203.0.113.80 port 53)']);
  });
});

const aCell = (way: string, more: Partial<Cell> = {}): Cell => ({
  way,
  state: 'connected',
  posture: 'default',
  admin: false,
  cases: 2,
  probes: 3,
  shown: ['names / a', 'names / b'],
  leaked: [],
  unproven: [],
  ...more,
});

const aLeak = { group: 'names', case: 'a', packets: 1, excerpt: 'out of eth0: 10.0.0.1 > 203.0.113.80 udp' } as const;

const aWay = (name: string, ours: boolean) => ({
  name,
  title: `the way ${name}`,
  ours,
  how: 'by hand',
  sources: ['x'],
});

const results: Results = {
  date: '2026-11-21T12:00:00.000Z',
  machine: 'a machine',
  minutes: 1,
  filter: '',
  complete: true,
  groups: [{ name: 'names', cases: 2 }],
  unavailable: ['gre'],
  ways: [aWay('mine', true), aWay('theirs', false), aWay('absent', false)],
  skipped: [{ way: 'absent', why: 'its program is not here' }],
  absent: [{ way: 'mine', state: 'just started', why: 'nothing runs then' }],
  cells: [
    aCell('mine'),
    aCell('theirs', { leaked: [{ ...aLeak, reach: 'internet' }] }),
    aCell('theirs', { posture: 'without NET_RAW', leaked: [{ ...aLeak, case: 'b', reach: 'host' }] }),
    aCell('theirs', { state: 'just started' }),
  ],
  errors: [],
  strangers: [],
};

describe('what makes a run fail', () => {
  test('a leak of another way does not', () => {
    expect(failuresOf(results)).toEqual([]);
  });

  test.each([
    ['a leak of ours', { cells: [aCell('mine', { leaked: [{ ...aLeak, reach: 'host' }] })] }],
    ['a control that was not seen, of whomever', { cells: [aCell('theirs', { unproven: ['a'] })] }],
    ['a round that was not fired', { errors: ['theirs, connected: it has ended'] }],
    ['a packet on the wire that is nobody’s', { strangers: ['connected: a packet'] }],
    ['nothing at all', { cells: [] }],
    [
      'volleys of no probe, as for a case that this kernel can’t make',
      { cells: [aCell('mine', { probes: 0, shown: [] })] },
    ],
  ] satisfies [string, Partial<Results>][])('%s does', (_, change) => {
    expect(failuresOf({ ...results, ...change })).toHaveLength(1);
  });
});

describe('the table', () => {
  const lines = renderTable(results).split('\n');

  test('counts each case once, over the postures of its rank', () => {
    expect(lines).toContain('connected     0 / 2  2 (1) / 2');
  });

  test('says where there is nothing to try', () => {
    expect(lines).toContain('just started  n/a    0 / 2');
  });

  test('says what was skipped, and how much was fired', () => {
    expect(lines).toContain('skipped: absent: its program is not here');
    expect(lines).toContain('2 cases, 4 volleys, 12 probes, 1 ways skipped, 1.0 minutes');
  });
});

describe('the page', () => {
  const page = renderPage(results, 'COVERAGE');

  test.each([
    ['the figures', '| connected | 0 / 2 | 2 (1) / 2 |'],
    ['each posture', '| theirs | connected | 1 (1) / 2 | 1 (0) / 2 |'],
    ['what left the host', 'Left the host (1): a.'],
    ['a packet', '    out of eth0: 10.0.0.1 > 203.0.113.80 udp'],
    ['who was skipped', '**Skipped**: its program is not here.'],
    ['what does not apply', '- `mine`: *just started*: nothing runs then.'],
    ['the machine', '2026-11-21T12:00Z. a machine.'],
  ])('shows %s', (_, text) => {
    expect(page).toContain(text);
  });

  test('shows what leaked with NET_ADMIN once for all states', () => {
    const leaked = [{ ...aLeak, reach: 'internet' as const }];
    const admin = { posture: 'NET_ADMIN', admin: true, leaked };
    const cells = [aCell('theirs', admin), aCell('theirs', { ...admin, state: 'restarted' })];
    const [, told] = renderPage({ ...results, cells }, '').split('## What leaked with NET_ADMIN, in any state\n');
    expect(told?.split('### theirs\n')).toHaveLength(2);
    expect(told).toContain(`    ${aLeak.excerpt}`);
  });

  test('does not praise who did not take part', () => {
    const cells = [aCell('theirs')];
    expect(renderPage({ ...results, cells }, '')).toContain('Ours did not take part, and every control was seen.');
  });

  test('shows a failure first', () => {
    expect(renderPage({ ...results, errors: ['theirs: it has ended'] }, '')).toContain('- theirs: it has ended');
  });
});

describe('what leaked of ours', () => {
  const leaked = [{ ...aLeak, reach: 'internet' as const }];
  const failed: Results = {
    ...results,
    cells: [
      aCell('mine', { state: 'gateway silent', leaked: [{ ...aLeak, reach: 'host' }] }),
      aCell('mine', { state: 'gateway silent', posture: 'NET_ADMIN', admin: true, leaked }),
      aCell('theirs', { leaked }),
    ],
  };
  const details = [
    'mine, gateway silent: names / a',
    '  2 packets, left the host; default; NET_ADMIN',
    `  ${aLeak.excerpt}`,
    "  again: scripts/leak-scoreboard --way mine --state 'gateway silent' --case a",
  ];

  test('is told case by case in the page, with a packet and how to fire it again', () => {
    expect(renderPage(failed, '')).toContain(['```', ...details, '```'].join('\n'));
  });

  test('is told in the terminal; of others only where one looks at a few cases', () => {
    expect(renderTable(failed)).toContain(details.join('\n'));
    expect(renderTable(failed)).not.toContain('theirs, connected: names / a');
    expect(renderTable({ ...failed, filter: 'a' })).toContain('theirs, connected: names / a');
  });

  test('says how many more there are', () => {
    const many = Array.from({ length: 25 }, (_, number) => ({
      ...aLeak,
      case: `case ${number}`,
      reach: 'host' as const,
    }));
    expect(renderTable({ ...results, cells: [aCell('mine', { leaked: many })] })).toContain('\nand 5 more\n');
  });
});

test('a name is quoted as a shell needs it', () => {
  expect(againCommand('wg-quick', 'connected', "GRE (protocol 47), the site's")).toBe(
    "scripts/leak-scoreboard --way wg-quick --state connected --case 'GRE (protocol 47), the site'\\''s'",
  );
});
