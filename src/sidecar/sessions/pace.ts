import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** On average: 200 tunnels are back within 20 s, and a server sees ten of them in a second. */
const APART_MS = 100;

/** From half to one and a half: those who failed together do not try together again. */
const jittered = (ms: number): number => ms * (0.5 + Math.random());

/** Before the next attempt, after `tries` that failed; what is capped is capped with its jitter. */
export const retryPause = (tries: number): number => jittered(Math.min(FIRST_RETRY_MS * 2 ** tries, LAST_RETRY_MS));

/** Lets all who ask go on in their order, but not together: what took many tunnels at once gets them back one by one. */
export class Pace {
  #next = 0;

  /** The first goes on at once. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const mine = Math.max(now, this.#next);
    this.#next = mine + jittered(APART_MS);
    if (mine > now) await sleep(mine - now, undefined, { signal });
  }
}
