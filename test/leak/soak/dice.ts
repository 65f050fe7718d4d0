/** Chance that can be had again: the same seed, the same throws (mulberry32, by Tommy Ettinger, public domain). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  throw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between = (least: number, most: number): number => least + this.throw() * (most - least);

  of = <T>(things: readonly T[]): T | undefined => things[Math.floor(this.throw() * things.length)];

  /** One of `things`, those with more weight more often. */
  weighted<T extends { readonly weight: number }>(things: readonly T[]): T {
    const all = things.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.throw() * all;
    for (const thing of things) {
      left -= thing.weight;
      if (left < 0) return thing;
    }
    throw new Error('nothing to choose from');
  }
}
