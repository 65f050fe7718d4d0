/**
 * `node scripts/lib/summary.ts FOLDER SUITE…`: prints what failed or was skipped and why, then the counted line over all suites.
 * FOLDER has SUITE.json from the count reporter, SUITE.exit with vitest's exit code, and where there is more to say of a
 * suite, SUITE.about.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Counts } from './count-reporter.ts';

const [folder, ...suites] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: summary.ts FOLDER SUITE…');

const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0, broken: [], skips: [], failures: [] };

function read(suite: string): Counts {
  const [report, exit] = [`${folder}/${suite}.json`, `${folder}/${suite}.exit`];
  const exitCode = existsSync(exit) ? readFileSync(exit, 'utf8').trim() : 'unknown';
  if (!existsSync(report)) return { ...NOTHING, broken: [`ended without a report (exit code ${exitCode})`] };
  const counts = JSON.parse(readFileSync(report, 'utf8')) as Counts;
  if (exitCode === '0' || counts.failed > 0 || counts.broken.length > 0) return counts;
  return { ...counts, broken: [`no test failed, but the run did (exit code ${exitCode})`] };
}

function about(suite: string): string {
  const file = `${folder}/${suite}.about`;
  return existsSync(file) ? `${suite} (${readFileSync(file, 'utf8').trim()})` : suite;
}

const results = suites.map((suite) => ({ suite, ...read(suite) }));
for (const { suite, passed, failed, skipped, broken, skips, failures } of results) {
  if (results.length > 1 || suite.startsWith('engine-'))
    console.error(`${about(suite)}: ${passed} passed, ${failed + broken.length} failed, ${skipped} skipped`);
  if (passed + failed + skipped + broken.length === 0) console.error(`${suite}: no tests`);
  for (const what of broken) console.error(`${suite}: failed: ${what}`);
  for (const { name, reason } of failures) console.error(`${suite}: failed: ${name} (${reason})`);
  for (const { name, reason } of skips) console.error(`${suite}: skipped: ${name} (${reason})`);
}
const sum = (count: (counts: Counts) => number): number => results.reduce((total, counts) => total + count(counts), 0);
const passed = sum((counts) => counts.passed);
const failed = sum((counts) => counts.failed + counts.broken.length);
const skipped = sum((counts) => counts.skipped);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
