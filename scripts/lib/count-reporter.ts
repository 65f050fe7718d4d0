import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** What `summary.ts` needs to know of one suite. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Failures that are not a test's own: a file that can't be loaded, a hook, an error nobody caught. */
  broken: string[];
  skips: { name: string; reason: string }[];
  failures: { name: string; reason: string }[];
}

/** Vitest's JSON report knows neither why a test was skipped nor errors outside of tests; this one counts both. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const file = process.env.KASM_SIDECAR_TEST_COUNTS;
    if (file === undefined) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.result().state));
    const counts: Counts = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed: failed.length,
      skipped: skipped.length,
      broken: [...modules.flatMap(brokenIn), ...errors.map(({ message }) => `error outside of tests: ${message}`)],
      skips: skipped.map((test) => ({ name: test.fullName, reason: skipReason(test) })),
      failures: failed.map((test) => ({ name: test.fullName, reason: failureReason(test) })),
    };
    writeFileSync(file, JSON.stringify(counts));
  }
}

/** Errors of a file and of its `describe` blocks: their tests then never ran, and are reported as skipped. */
const brokenIn = (module: TestModule): string[] =>
  [module, ...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map(({ message }) => `${module.relativeModuleId}: ${message}`),
  );

const failureReason = (test: TestCase): string => (test.result().errors ?? []).map(inOneLine).join('; ');

/** With the lines that differ: "expected { …(8) } to deeply equal { …(8) }" tells nobody what stayed behind. */
function inOneLine({ message, diff = '' }: { message: string; diff?: string }): string {
  const different = stripVTControlCharacters(diff)
    .split('\n')
    .filter((line) => /^[-+] +\S/.test(line) && !/^[-+] (Expected|Received)$/.test(line))
    .slice(0, 6)
    .map((line) => line.replace(/ +/g, ' '));
  return [message.split('\n')[0], ...different].join(' | ');
}

function skipReason(test: TestCase): string {
  const result = test.result();
  const note = 'note' in result ? result.note : undefined;
  return note ?? (test.options.mode === 'run' ? 'not reached, or filtered out' : `marked ${test.options.mode}`);
}
