export interface UntilOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** One timer for all who look at something again and again: hundreds of their own cost more than the looks themselves. */
export class Ticker {
  readonly #everyMs: number;
  readonly #looks = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /**
   * Looks at every tick until there is something, or the deadline is over. A look that takes time is waited for before the
   * next. @throws what a look throws, and the signal's reason
   */
  async until(look: () => boolean | Promise<boolean>, { deadlineMs, signal }: UntilOptions): Promise<void> {
    signal.throwIfAborted();
    const end = performance.now() + deadlineMs;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isLooking = false;
    const judge = (isThere: boolean) => {
      isLooking = false;
      if (isThere || performance.now() >= end) resolve();
    };
    const tick = () => {
      if (isLooking) return;
      try {
        const found = look();
        if (typeof found === 'boolean') return judge(found);
        isLooking = true;
        found.then(judge, reject);
      } catch (error) {
        reject(error);
      }
    };
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    this.#add(tick);
    try {
      await promise;
    } finally {
      this.#remove(tick);
      signal.removeEventListener('abort', abort);
    }
  }

  #add(tick: () => void): void {
    this.#looks.add(tick);
    this.#timer ??= setInterval(() => {
      for (const look of this.#looks) look();
    }, this.#everyMs);
  }

  #remove(tick: () => void): void {
    this.#looks.delete(tick);
    if (this.#looks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
