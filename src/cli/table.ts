import { type Colour, paint, printable } from './print.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

const MISSING = '-';

/** Columns as wide as their widest cell. Colour comes after the padding: its codes have no width. */
export function renderTable(headings: readonly string[], rows: readonly (readonly (Cell | undefined)[])[]): string {
  const cells: Cell[][] = [
    headings.map((text) => ({ text, colour: 'bold' })),
    ...rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell?.text || MISSING) }))),
  ];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.text.length ?? 0)));
  const render = ({ text, colour }: Cell, column: number): string => {
    const padded = column === headings.length - 1 ? text : text.padEnd(widths[column] ?? 0);
    return colour === undefined ? padded : paint(colour, padded);
  };
  return cells.map((row) => row.map(render).join('  ')).join('\n');
}

/** One labelled line for each value that there is. */
export function renderFields(fields: readonly (readonly [label: string, value: string | undefined])[]): string {
  const present = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...present.map(([label]) => label.length));
  return present.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value ?? '')}`).join('\n');
}
