import { cellsOfOurs, leakDetails } from '../details.ts';
import { failuresOf, type Results } from '../results.ts';

/** Indented lines would belong to the list above them. */
const fenced = (lines: readonly string[]): string[] => (lines.length > 0 ? ['```', ...lines, '```', ''] : []);

/** What a reader wants to know first; of what has failed, what was captured. */
export function verdictSection(results: Results): string[] {
  const failures = failuresOf(results);
  if (failures.length > 0) {
    const details = leakDetails(cellsOfOurs(results));
    return ['**Failed:**', '', ...failures.map((failure) => `- ${failure}`), '', ...fenced(details)];
  }
  const ours = cellsOfOurs(results).length > 0 ? 'Of ours nothing leaked' : 'Ours did not take part';
  return [`${ours}, and every control was seen.`, ''];
}
