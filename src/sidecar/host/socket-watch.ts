import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { addToWaiter, openAlarm, openWaiter, removeFromWaiter, waitForAny } from './libc.ts';

/** Whoever floods a socket wakes us this often, and no more. */
const PAUSE_MS = 40;

/**
 * Tells when something has come to a socket that Node has no words for. All wait together, on one thread of libuv's pool:
 * hundreds of sockets that are silent cost nothing.
 */
class SocketWatch {
  readonly #watched = new Map<number, () => void>();
  #waiter: number | undefined;
  #alarm = -1;
  #isWaiting = false;

  /** @param onNews called soon after something new has come, and once where it is not known whether */
  add(descriptor: number, onNews: () => void): void {
    this.#waiter ??= this.#open();
    addToWaiter(this.#waiter, descriptor);
    this.#watched.set(descriptor, onNews);
    if (!this.#isWaiting) void this.#wait(this.#waiter);
  }

  /** Before it is closed. */
  remove(descriptor: number): void {
    if (!this.#watched.delete(descriptor) || this.#waiter === undefined) return;
    removeFromWaiter(this.#waiter, descriptor);
    if (this.#watched.size === 0) this.#wake();
  }

  #open(): number {
    const waiter = openWaiter();
    this.#alarm = openAlarm();
    addToWaiter(waiter, this.#alarm);
    process.on('exit', () => this.#wake()); // which waits for libuv's threads
    return waiter;
  }

  #wake(): void {
    writeSync(this.#alarm, Buffer.from(BigUint64Array.of(1n).buffer));
  }

  async #wait(waiter: number): Promise<void> {
    this.#isWaiting = true;
    while (this.#watched.size > 0) {
      // What can't be waited for may have come.
      const news = await waitForAny(waiter).catch(() => [...this.#watched.keys()]);
      for (const descriptor of news) this.#watched.get(descriptor)?.();
      if (this.#watched.size > 0) await sleep(PAUSE_MS);
    }
    this.#isWaiting = false;
  }
}

/** One for this process: each has a thread. */
export const socketWatch = new SocketWatch();
