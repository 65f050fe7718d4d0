export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const show = (value: unknown): string =>
  value instanceof Error ? value.message : (JSON.stringify(value) ?? 'undefined');

/**
 * Asks until the answer is there: anything but false, null, undefined and an error. Gives the answer back.
 * @throws Error that says what was waited for, and the last answer.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 100 }: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const last: unknown = await Promise.resolve()
      .then(ask)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (last !== false && last !== null && last !== undefined && !(last instanceof Error))
      return last as Exclude<T, false | null | undefined>;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s for ${what}; last answer: ${show(last)}`);
    await sleep(everyMs);
  }
}

/** Asserts over and over that nothing changes: for what must *not* happen. */
export async function staysTrue(what: string, forMs: number, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    if (!(await ask())) throw new Error(`${what} stopped being true`);
    await sleep(100);
  }
}
