import type { Run } from './command.ts';
import { loadNft } from './nft.ts';

interface Part {
  readonly text: string;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Loads as one transaction what is asked for in one moment, or while another one is being loaded: each is a process that reads
 * all tables, and each waits until the kernel has freed what the one before has replaced.
 */
export class NftBatch {
  readonly #run: Run;
  #waiting: Part[] = [];
  #isLoading = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /** In the order of the calls; those of one moment together. @throws EgressError HOST_COMMAND_FAILED for what is wrong with this text alone */
  async load(text: string): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ text, done });
    if (!this.#isLoading) {
      this.#isLoading = true;
      setImmediate(() => void this.#loadAll());
    }
    await done.promise;
  }

  async #loadAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const parts = this.#waiting;
      this.#waiting = [];
      await this.#loadTogether(parts);
    }
    this.#isLoading = false;
  }

  /** One that is refused takes all with it: then in halves, until it is alone. */
  async #loadTogether(parts: readonly Part[]): Promise<void> {
    try {
      await loadNft(this.#run, parts.map(({ text }) => text).join('\n'));
      for (const { done } of parts) done.resolve();
    } catch (error) {
      const half = parts.length >> 1;
      if (half === 0) return parts[0]?.done.reject(error);
      await this.#loadTogether(parts.slice(0, half));
      await this.#loadTogether(parts.slice(half));
    }
  }
}
