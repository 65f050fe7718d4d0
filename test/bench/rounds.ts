/** Starts at the same time that a machine with two cores takes well. */
export const AT_ONCE = 4;

/** As many containers as make rounds of `AT_ONCE`: one at least, and no more than `size` otherwise. */
export const inWholeRounds = (size: number): number => Math.max(1, Math.floor(size / AT_ONCE)) * AT_ONCE;

/** Acts on `AT_ONCE` of them at a time. */
export async function inRounds<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < items.length; first += AT_ONCE)
    await Promise.all(items.slice(first, first + AT_ONCE).map(act));
}
