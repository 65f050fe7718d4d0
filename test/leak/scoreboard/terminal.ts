import { cellsOfOurs, leakDetails } from './details.ts';
import { KEY, RANKS, summaryOf, tableOf } from './figures.ts';
import { failuresOf, type Results } from './results.ts';

/** Of a look at a few cases everyone's leaks are told; of a whole run the page tells them. */
function detailLines(results: Results): string[] {
  const lines = leakDetails(results.filter === '' ? cellsOfOurs(results) : results.cells);
  return lines.length > 0 ? ['What leaked', '', ...lines, ''] : [];
}

/** For a terminal. */
export function renderTable(results: Results): string {
  const parts = RANKS.map(({ admin, title }) => [title, '', ...align(tableOf(results, admin)), ''].join('\n'));
  const notes = [
    ...results.skipped.map(({ way, why }) => `skipped: ${way}: ${why}`),
    ...failuresOf(results).map((failure) => `FAILED: ${failure}`),
  ];
  return [`${KEY}`, '', ...parts, ...detailLines(results), ...notes, summaryOf(results), ''].join('\n');
}

function align(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
