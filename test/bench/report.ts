import { appendFileSync } from 'node:fs';
import { cpus, totalmem, version } from 'node:os';
import { afterAll } from 'vitest';
import { docker } from '../support/docker.ts';

/** Minimum, median and maximum of what was measured, in its unit. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return { min: sorted[0] ?? Number.NaN, median: middle, max: sorted.at(-1) ?? Number.NaN };
}

/** Values under names, in the order in which they come. */
export class Series {
  readonly rows: Record<string, number[]> = {};

  push(name: string, value: number): void {
    const row = this.rows[name];
    if (row) row.push(value);
    else this.rows[name] = [value];
  }
}

const show = ({ min, median, max }: Spread, unit: string): string =>
  `${median.toFixed(digits(median))} ${unit} (${min.toFixed(digits(min))}–${max.toFixed(digits(max))})`;
const digits = (value: number): number => (Math.abs(value) < 10 ? 2 : 0);

/** Tables of one file's measurements; printed at its end, with the machine they were measured on. */
export class Report {
  readonly #sections: string[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
    afterAll(async () => {
      const text = await this.#render();
      console.log(text);
      const file = process.env.KASM_SIDECAR_BENCH_REPORT;
      if (file) appendFileSync(file, text);
    });
  }

  add(title: string, unit: string, rows: Readonly<Record<string, readonly number[]>>): void {
    const lines = Object.entries(rows).map(
      ([name, values]) => `| ${name} | ${show(spreadOf(values), unit)} | ${values.length} |`,
    );
    this.#sections.push([`## ${title}`, '', '| | median (min–max) | runs |', '|---|---|---|', ...lines, ''].join('\n'));
  }

  async #render(): Promise<string> {
    const [cpu] = cpus();
    const engine = await docker('version', '-f', '{{.Server.Version}}');
    const memory = (totalmem() / 2 ** 30).toFixed(0);
    const machine = `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GiB, ${version()}; Docker ${engine}; Node ${process.version}`;
    return [
      `# ${this.#subject}`,
      '',
      `${new Date().toISOString().slice(0, 16)}Z, ${machine}`,
      '',
      ...this.#sections,
    ].join('\n');
  }
}
