import { unique } from '../support/session.ts';
import { AT_ONCE } from './rounds.ts';
import type { Bench } from './ways.ts';

/** Containers that leave by one way, and become more. */
export class Fleet {
  readonly names: string[] = [];
  readonly #bench: Bench;
  readonly #way: string;

  constructor(bench: Bench, way: string) {
    this.#bench = bench;
    this.#way = way;
  }

  /** Seconds that each round of starts took: from `docker run` to connected; Docker's own, to its return. */
  async growTo(size: number): Promise<number[]> {
    const seconds: number[] = [];
    while (this.names.length < size) {
      const missing = Math.min(AT_ONCE, size - this.names.length);
      seconds.push(await this.#startRound(Array.from({ length: missing }, () => unique('fleet'))));
    }
    return seconds;
  }

  /** Launch scripts are there before: what the lab does for a new customer is no part of a start. */
  async #startRound(names: readonly string[]): Promise<number> {
    this.names.push(...names);
    const networks = await Promise.all(names.map((name) => this.#bench.prepare(this.#way, name)));
    const began = performance.now();
    await Promise.all(names.map((name, index) => this.#bench.run(name, networks[index] ?? '')));
    return (performance.now() - began) / 1000;
  }

  end(): Promise<void> {
    return this.#bench.end(this.names);
  }
}
