import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again every `everyMs` until `probe` gives something, or the deadline is over: then undefined. */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: { everyMs: number; deadlineMs: number; signal?: AbortSignal },
): Promise<T | undefined> {
  const end = performance.now() + options.deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() >= end) return undefined;
    await sleep(options.everyMs, undefined, options.signal ? { signal: options.signal } : {});
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
