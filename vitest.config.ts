import { defineConfig } from 'vitest/config';

/** Suites that share one Docker engine and one lab. */
const WITH_ENGINE = ['e2e', 'leak', 'bench'];

/** Folders say what a test touches: `unit` needs no root; the others need the surroundings that `scripts/test` makes. */
const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: name === 'unit' ? ['test/unit/**/*.test.ts', 'test/architecture.test.ts'] : [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 120_000,
    fileParallelism: name === 'unit',
    globalSetup: WITH_ENGINE.includes(name) ? ['test/support/engine-setup.ts'] : [],
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('netns', 60_000),
      project('e2e', 120_000),
      project('leak', 300_000),
      project('bench', 600_000),
    ],
  },
});
