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
export const settledWithin = (promise: Promise<unknown>, ms: number): Promise<boolean> => {
  const timeout = new AbortController();
  const done = promise.then(
    () => true,
    () => false,
  );
  const late = sleep(ms, false, { signal: timeout.signal }).catch(() => false);
  return Promise.race([done, late]).finally(() => timeout.abort());
};

/** Runs tasks one after the other, in the order they came; one that fails doesn't stop the next. */
export class Queue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
