import { defineConfig } from 'vitest/config';

/** Suites that share one Docker engine and one lab. */
const WITH_ENGINE = ['e2e', 'leak', 'scoreboard', 'bench', 'lifecycle', 'plugin', 'engine'];
const ENGINE = 'test/support/engine-setup.ts';
/** And the managed plugin, in a registry. */
const WITH_PLUGIN = ['lifecycle'];
const PLUGIN = 'test/support/plugin-setup.ts';

/**
 * What each newer engine must pass (`scripts/test engines`): all that depends on when Docker makes a namespace, on what it
 * does there, and on its rules on the host. Five to seven minutes on each, on a busy machine.
 */
const ENGINE_CORE = ['test/e2e/{network,proxy,session,start-gate}.test.ts', 'test/leak/starts.test.ts'];
/** `any`: what somebody chooses from. */
const ENGINE_TESTS: Readonly<Record<string, string[]>> = {
  all: ['test/{e2e,leak}/*.test.ts'],
  any: ['test/{e2e,leak,bench}/*.test.ts'],
};

/** Suites that are not the folder of their name. */
const FILES: Readonly<Record<string, string[]>> = {
  unit: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
  leak: ['test/leak/*.test.ts'],
  // Our leak cases against other ways of doing it: scripts/leak-scoreboard.
  scoreboard: ['test/leak/scoreboard/*.test.ts'],
  // The end-to-end tests once more, with the managed plugin; without those of scripts that start a process on the host.
  plugin: ['test/e2e/{control,kasm-signals,lifecycle,network,openvpn,proxy,session,tunnel-health}.test.ts'],
  engine: ENGINE_TESTS[process.env.KASM_SIDECAR_ENGINE_TESTS ?? ''] ?? ENGINE_CORE,
};

/** Folders say what a test touches: `unit` needs no root; the others need the surroundings that `scripts/test` makes. */
const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: FILES[name] ?? [`test/${name}/**/*.test.ts`],
    env: name === 'plugin' ? { KASM_SIDECAR_TEST_AS_PLUGIN: '1' } : {},
    testTimeout,
    hookTimeout: 120_000,
    fileParallelism: name === 'unit',
    globalSetup: [...(WITH_ENGINE.includes(name) ? [ENGINE] : []), ...(WITH_PLUGIN.includes(name) ? [PLUGIN] : [])],
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('netns', 60_000),
      project('e2e', 120_000),
      project('leak', 300_000),
      project('scoreboard', 300_000),
      project('lifecycle', 120_000),
      project('plugin', 120_000),
      project('engine', 300_000),
      project('bench', 600_000),
    ],
  },
});
