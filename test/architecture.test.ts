import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom; type-only imports count. `allowed` names folders (or files) below src/; everything else that is ours is
 * refused. A row that names what no longer exists fails.
 */
const rules: { folder: string; allowed: string[]; why: string }[] = [
  { folder: 'shared', allowed: ['shared'], why: 'words that both programs use know neither' },
  { folder: 'sidecar/plan', allowed: ['sidecar/plan', 'shared'], why: 'a plan is pure: it can not touch the host' },
  { folder: 'sidecar/host', allowed: ['sidecar/host', 'shared'], why: 'acts, and decides nothing' },
  { folder: 'sidecar/store', allowed: ['sidecar/store', 'shared'], why: 'keeps records, and knows no meaning' },
  {
    folder: 'sidecar/docker',
    allowed: ['sidecar/docker', 'sidecar/host', 'shared'],
    why: "Docker's own files and API",
  },
  {
    folder: 'sidecar/tunnels',
    allowed: ['sidecar/tunnels', 'sidecar/plan', 'sidecar/host', 'shared'],
    why: 'a tunnel knows its device, not whose session it is',
  },
  {
    folder: 'sidecar/sessions',
    allowed: [
      'sidecar/sessions',
      'sidecar/control/ports.ts',
      'sidecar/config.ts',
      'sidecar/plan',
      'sidecar/host',
      'sidecar/tunnels',
      'sidecar/docker',
      'sidecar/store',
      'shared',
    ],
    why: 'the one that puts the parts together; control/ports.ts is what it promises to the control endpoint',
  },
  {
    folder: 'sidecar/driver',
    allowed: ['sidecar/driver', 'sidecar/sessions', 'shared'],
    why: "translates Docker's calls",
  },
  { folder: 'sidecar/control', allowed: ['sidecar/control', 'shared'], why: 'knows sessions only by its ports' },
  {
    folder: 'doctor',
    allowed: ['doctor', 'sidecar/host', 'sidecar/plan', 'sidecar/docker', 'sidecar/config.ts', 'shared'],
    why: 'looks at the host also while no daemon runs; of sessions it knows what it is told',
  },
  {
    folder: 'doctor/checks',
    allowed: ['doctor/checks', 'doctor/finding.ts', 'doctor/observation.ts', 'sidecar/plan', 'shared'],
    why: 'a check is pure: it judges what was seen, and looks at nothing itself',
  },
  {
    folder: 'cli',
    allowed: ['cli', 'doctor', 'shared', 'sidecar/main.ts'],
    why: 'its door is the HTTP API; `serve` starts the daemon, `doctor` looks at the host',
  },
];

/** Packages that only one place may use. */
const owners: Record<string, string> = {
  execa: 'sidecar/host/command.ts',
  'node:child_process': 'sidecar/host/command.ts',
  dockerode: 'sidecar/docker/',
  express: 'sidecar/control/',
  commander: 'cli/',
  pino: 'shared/log-file.ts',
  koffi: 'sidecar/host/libc',
};

const source = resolve(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
};

const ownImports = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
    .map((name) => relative(source, resolve(source, dirname(file), name)));

const isBelow = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

describe('imports point one way', () => {
  test.each(rules)('$folder: $why', ({ folder, allowed }) => {
    for (const place of [folder, ...allowed]) expect(existsSync(join(source, place)), place).toBe(true);
    const wrong = files
      .filter((file) => isBelow(file, folder))
      .flatMap((file) => ownImports(file).map((target) => ({ file, target })))
      .filter(({ target }) => !allowed.some((place) => isBelow(target, place)));
    expect(wrong).toEqual([]);
  });

  test('every folder has a rule', () => {
    const ruled = (file: string) => rules.some(({ folder }) => isBelow(file, folder));
    expect(files.filter((file) => !ruled(file))).toEqual([
      'sidecar/config-file.ts',
      'sidecar/config.ts',
      'sidecar/main.ts',
      'sidecar/plugin-main.ts',
    ]);
  });
});

test.each(Object.entries(owners))('only %s is used by %s', (name, owner) => {
  const users = files.filter((file) => importsOf(file).includes(name));
  expect(users.filter((file) => !file.startsWith(owner))).toEqual([]);
});

test('the environment is read in config.ts alone', () => {
  const readers = files.filter((file) => readFileSync(join(source, file), 'utf8').includes('process.env'));
  expect(readers.sort()).toEqual(['cli/config.ts', 'sidecar/config.ts']);
});
