import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  readonly everyMs: number;
  /** What hasn't come within a second may not come for long: from then on it is asked for as rarely as this. */
  readonly laterEveryMs?: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

const SOON_MS = 1_000;

/** Asks again every `everyMs` until `probe` gives something, or the deadline is over: then undefined. */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  { everyMs, laterEveryMs = everyMs, deadlineMs, signal }: PollOptions,
): Promise<T | undefined> {
  const began = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const found = await probe();
    if (found !== undefined) return found;
    const waited = performance.now() - began;
    if (waited >= deadlineMs) return undefined;
    await sleep(waited < SOON_MS ? everyMs : laterEveryMs, undefined, signal ? { signal } : {});
  }
}

/** Waits for `promise` at most `ms`. @returns whether it came to a good end by then */
export const settledWithin = (promise: Promise<unknown>, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false);
    const end = (isGood: boolean) => {
      clearTimeout(timer);
      resolve(isGood);
    };
    promise.then(
      () => end(true),
      () => end(false),
    );
  });

/** Runs tasks one after the other, in the order they came; one that fails doesn't stop the next. */
export class Queue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** Runs at most `count` tasks at once; the others wait, and begin in the order they came. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** As Promise.all, but not before all have ended: what is undone after a failure must not be done meanwhile. */
export async function allOrFirstFailure(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
