import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { describeMachine } from '../support/machine-description.ts';
import { type Part, type Table, tableOf } from './figures.ts';
import { renderPart } from './page.ts';

/** By scripts/bench: where every subject leaves its tables. */
const RESULTS = process.env.KASM_SIDECAR_BENCH_RESULTS;

/** Values under names, in the order in which they come. */
export class Series {
  readonly rows: Record<string, number[]> = {};

  push(name: string, value: number): void {
    const row = this.rows[name];
    if (row) row.push(value);
    else this.rows[name] = [value];
  }
}

/** Tables of one file's measurements; printed at its end, with the machine they were measured on. */
export class Report {
  readonly #tables: Table[] = [];
  readonly #notes: string[] = [];

  constructor(subject: string) {
    let machine = '';
    beforeAll(async () => {
      machine = await describeMachine(); // before: the sources may change while they are measured
    });
    afterAll(() => {
      const part: Part = { subject, machine, tables: this.#tables, notes: this.#notes };
      console.log(renderPart(part, new Date().toISOString()));
      if (RESULTS) writeFileSync(join(RESULTS, `${subject.replace(/\W+/g, '-')}.json`), JSON.stringify(part));
    });
  }

  add(title: string, unit: string, rows: Readonly<Record<string, readonly number[]>>): void {
    this.#tables.push(tableOf(title, unit, rows));
  }

  note(text: string): void {
    this.#notes.push(text);
  }
}
