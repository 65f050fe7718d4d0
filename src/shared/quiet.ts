/** Does something once it has been quiet for a while. */
export class Quiet {
  readonly #work: () => void;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(work: () => void, ms: number) {
    this.#work = work;
    this.#ms = ms;
  }

  /** It is not quiet now. */
  disturb(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#work, this.#ms).unref();
  }
}
