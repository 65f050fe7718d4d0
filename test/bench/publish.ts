/**
 * `node test/bench/publish.ts FOLDER [--json FILE] [--page FILE]`: makes the files of a run of scripts/bench of what its subjects
 * have left in FOLDER.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figuresOf, type Part } from './figures.ts';
import { renderPage } from './page.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, page: { type: 'string' } },
});
const [folder = ''] = positionals;
const parts = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Part);
const figures = figuresOf(parts, new Date().toISOString());

if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures)}\n`);
if (values.page !== undefined) writeFileSync(values.page, renderPage(figures));
