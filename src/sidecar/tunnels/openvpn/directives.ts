import { droppedDirectives, silentDirectives } from './dropped.ts';
import { refusedDirectives } from './refused.ts';
import { type Use, usedDirectives } from './used.ts';

/** What is to be done with a directive, by its name alone. */
export type Verdict =
  | { readonly kind: 'used'; readonly use: Use }
  | { readonly kind: 'silent' }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** OpenVPN knows no such directive. `resembles`: one that someone may have meant. */
  | { readonly kind: 'unknown'; readonly resembles: string | undefined };

/** The one table of all directives of OpenVPN, and of some that it no longer has. Names are in small letters. */
export const directives: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ...[...usedDirectives].map(([name, use]) => [name, { kind: 'used', use }] as const),
  ...[...silentDirectives].map((name) => [name, { kind: 'silent' }] as const),
  ...[...droppedDirectives].map(([name, why]) => [name, { kind: 'dropped', why }] as const),
  ...[...refusedDirectives].map(([name, why]) => [name, { kind: 'refused', why }] as const),
]);

export const judge = (name: string): Verdict =>
  directives.get(name) ?? { kind: 'unknown', resembles: findResembling(name) };

/** Whether the tunnel would be weaker, or none, without the line. */
export const isProtecting = (name: string): boolean => {
  const verdict = directives.get(name);
  return verdict?.kind === 'refused' || (verdict?.kind === 'used' && verdict.use.protects === true);
};

const SHORTEST_GUESS = 5;
const MOST_SLIPS = 2;

function findResembling(name: string): string | undefined {
  const word = name.toLowerCase().replaceAll('_', '-');
  // Without what copying from a web page, or a `=`, has glued to it.
  const [bare = ''] = /[a-z][a-z0-9-]*/.exec(word) ?? [];
  if (directives.has(bare)) return bare;
  if (name.length > 40) return undefined;
  const close = [...directives.keys()].filter(
    (known) => known.length >= SHORTEST_GUESS && slipsBetween(word, known) <= MOST_SLIPS,
  );
  // A line that may have protected is never dropped in favour of one that has not.
  return close.find(isProtecting) ?? close[0];
}

/** Levenshtein's distance, with two neighbours in the wrong order as one slip. */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_SLIPS) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const differs = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + differs,
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    if (Math.min(...next) > MOST_SLIPS) return Number.POSITIVE_INFINITY;
    before = last;
    last = next;
  }
  return last[b.length] ?? Number.POSITIVE_INFINITY;
}
