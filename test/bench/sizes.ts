/** `1,50,200`: how many sessions, from few to many. @throws Error for what is no list of whole numbers */
export function parseSizes(text: string): number[] {
  const sizes = text.split(',').map(Number);
  if (sizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error(`no list of numbers: ${text}`);
  return sizes.toSorted((a, b) => a - b);
}

/** Larger ones become the largest that may be. */
export const noMoreThan = (most: number, sizes: readonly number[]): number[] => [
  ...new Set(sizes.map((size) => Math.min(size, most))),
];
