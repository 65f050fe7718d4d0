import type { Counters } from '../host/link-counters.ts';

/** As long as packets come in, nothing else is asked. */
const QUIET_MS = 10_000;
/** Who sends and hears nothing has reason to doubt earlier. */
const UNANSWERED_MS = 3_000;
/** A packet every half second until one answer has come: 5 % of loss must not look like a death. */
export const PROBE = { seconds: 3, intervalSeconds: 0.5 };
const MOMENT_MS = 500;
/** With a silent tunnel, until it answers again. */
const DEAD_PAUSE_MS = 2_000;

export interface LivenessOptions {
  /** What the device counts; undefined where it is gone. */
  readonly counters: () => Counters | undefined;
  /** Sends until one answer has come, for `PROBE` at most. @returns whether it has. Absent: there is nobody to ask. */
  readonly ask?: () => Promise<boolean>;
  readonly now?: () => number;
}

/**
 * Whether packets come back through a tunnel. Counters first, which costs next to nothing; a probe inside the tunnel
 * only on doubt. A target that has never answered proves nothing by its silence: then only the tunnel itself can tell.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #now: () => number;
  #last: Counters | undefined;
  #heardAt: number;
  #unansweredSince: number | undefined;
  #probedAt: number | undefined;
  #everAnswered = false;
  #isDead = false;
  #isGone = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#heardAt = this.#now();
  }

  /** Nothing comes back. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whether it has ever answered: only then its silence means something. */
  get hasAnswered(): boolean {
    return this.#everAnswered;
  }

  /** The device is not there any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** The tunnel itself has proof to the contrary: it is the one asked who no longer answers. */
  contradict(): void {
    this.#everAnswered = false;
    this.#heard(this.#now());
  }

  /** To be called every second. @returns whether to `probe` */
  look(): boolean {
    const counters = this.#options.counters();
    this.#isGone = counters === undefined;
    if (!counters) return false;
    this.#compare(counters);
    return this.#isDoubtful();
  }

  #compare(counters: Counters): void {
    const now = this.#now();
    const { received, sent } = this.#last ?? counters;
    this.#last = counters;
    if (counters.received !== received) {
      this.#heard(now);
    } else if (counters.sent !== sent) {
      this.#unansweredSince ??= now;
    }
  }

  #heard(now: number): void {
    this.#heardAt = now;
    this.#unansweredSince = undefined;
    this.#isDead = false;
  }

  #isDoubtful(): boolean {
    if (!this.#options.ask) return false;
    const now = this.#now();
    if (this.#probedAt === undefined) return true; // whether it answers at all must be known before it falls silent
    if (now - this.#probedAt < DEAD_PAUSE_MS) return false;
    if (this.#isDead) return true;
    const unanswered = this.#unansweredSince !== undefined && now - this.#unansweredSince >= UNANSWERED_MS;
    return unanswered || now - this.#heardAt >= QUIET_MS;
  }

  /** Asks now, whatever the counters say, unless that was done a moment ago. */
  async probe(): Promise<void> {
    const { ask } = this.#options;
    if (!ask || (this.#probedAt !== undefined && this.#now() - this.#probedAt < MOMENT_MS)) return;
    const answered = await ask().catch(() => undefined); // could not ask: nobody is the wiser
    this.#probedAt = this.#now();
    if (answered === undefined) return;
    if (answered) {
      this.#everAnswered = true;
      this.#heard(this.#now());
    } else if (this.#everAnswered) {
      this.#isDead = true;
    } else {
      this.#heard(this.#now()); // it may just not answer pings
    }
    this.#last = this.#options.counters() ?? this.#last; // the probe's own packets are no traffic
  }
}
