import { median } from './figures.ts';

/** Rounds at either end that are compared. */
const FEW = 5;

const firstOf = (rounds: readonly number[]): number[] => rounds.slice(0, FEW);
const lastOf = (rounds: readonly number[]): number[] => rounds.slice(-FEW);

/** What the rounds of a growing fleet took, in its parts. */
export function partsOf(rounds: readonly number[]): Record<string, number[]> {
  const middle = Math.ceil(rounds.length / 2);
  return {
    'the first five rounds': firstOf(rounds),
    'the last five rounds': lastOf(rounds),
    'the first half': rounds.slice(0, middle),
    'the second half': rounds.slice(middle),
  };
}

/** How many times what the first rounds took the last ones did. */
export const growthOf = (rounds: readonly number[]): number =>
  (median(lastOf(rounds)) ?? Number.NaN) / (median(firstOf(rounds)) ?? Number.NaN);
