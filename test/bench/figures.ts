/** What was measured under one name, in its table's unit; null where nothing could be. */
export interface Row {
  readonly min: number | null;
  readonly lowerQuartile: number | null;
  readonly median: number | null;
  readonly upperQuartile: number | null;
  readonly max: number | null;
  readonly values: readonly number[];
}

export interface Table {
  readonly title: string;
  readonly unit: string;
  readonly rows: Readonly<Record<string, Row>>;
}

/** The tables of one file of measurements. */
export interface Subject {
  readonly subject: string;
  readonly tables: readonly Table[];
  /** What a reader of the tables has to know. */
  readonly notes: readonly string[];
}

/** What one subject leaves for the end of the run. */
export interface Part extends Subject {
  readonly machine: string;
}

/** docs/generated/bench.json. */
export interface Figures {
  readonly generatedAt: string;
  readonly machine: string;
  readonly subjects: readonly Subject[];
}

/** The value that `share` of all are not above: 0.5 for the median. None where there are no values. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below === undefined || above === undefined ? null : below + (above - below) * (place % 1);
}

export const median = (values: readonly number[]): number | null => quantile(values, 0.5);

/** What could not be measured is not a number, and no value. */
function rowOf(measured: readonly number[]): Row {
  const values = measured.filter(Number.isFinite);
  return {
    min: quantile(values, 0),
    lowerQuartile: quantile(values, 0.25),
    median: median(values),
    upperQuartile: quantile(values, 0.75),
    max: quantile(values, 1),
    values,
  };
}

export function tableOf(title: string, unit: string, rows: Readonly<Record<string, readonly number[]>>): Table {
  return {
    title,
    unit,
    rows: Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, rowOf(values)])),
  };
}

/** Subjects by their names: they are measured in any order. */
export function figuresOf(parts: readonly Part[], generatedAt: string): Figures {
  const inOrder = parts.toSorted((a, b) => a.subject.localeCompare(b.subject));
  return {
    generatedAt,
    machine: inOrder[0]?.machine ?? '',
    subjects: inOrder.map(({ subject, tables, notes }) => ({ subject, tables, notes })),
  };
}
