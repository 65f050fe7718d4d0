import { defineConfig } from 'vitest/config';

/** Suites that share one Docker engine and one lab. */
const WITH_ENGINE = ['e2e', 'leak', 'bench', 'lifecycle'];
const ENGINE = 'test/support/engine-setup.ts';
/** And the managed plugin, in a registry. */
const WITH_PLUGIN = ['lifecycle'];
const PLUGIN = 'test/support/plugin-setup.ts';

/** Folders say what a test touches: `unit` needs no root; the others need the surroundings that `scripts/test` makes. */
const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: name === 'unit' ? ['test/unit/**/*.test.ts', 'test/architecture.test.ts'] : [`test/${name}/**/*.test.ts`],
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
      project('lifecycle', 120_000),
      project('bench', 600_000),
    ],
  },
});
