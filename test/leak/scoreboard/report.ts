/**
 * `node test/leak/scoreboard/report.ts RESULTS [--json FILE] [--page FILE]`: prints the table of a run of
 * scripts/leak-scoreboard, and writes its files. Exit code 1 when ours leaked, a control was not seen, or a round failed.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { renderPage } from './page.ts';
import { failuresOf, type Results } from './results.ts';
import { renderTable } from './terminal.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, page: { type: 'string' } },
});
const [file = ''] = positionals;
const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
const coverage = readFileSync(new URL('coverage.md', import.meta.url), 'utf8');

if (values.json !== undefined) copyFileSync(file, values.json);
if (values.page !== undefined) writeFileSync(values.page, renderPage(results, coverage));
process.stdout.write(renderTable(results));
process.exitCode = failuresOf(results).length === 0 ? 0 : 1;
