import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { poll } from '../../shared/async.ts';
import type { Log } from '../../shared/log.ts';
import { findNamespace } from './netns.ts';
import { firstProcesses, isStopped } from './proc.ts';

/** `hold`: stop what comes into the namespace. `release`: let it run. `refuse`: end it before it has run. */
export interface HoldOrder {
  readonly act: 'hold' | 'release' | 'refuse';
  readonly sandboxKey: string;
  /** Whom, where that is known already. */
  readonly processes?: readonly number[];
}

/** Who was held, by the namespace that it is in. */
export interface Held {
  readonly sandboxKey: string;
  readonly processes: readonly number[];
}

function isCarriedOut({ act, sandboxKey }: HoldOrder): boolean {
  if (act !== 'hold') return true;
  const namespace = findNamespace(sandboxKey);
  return namespace !== undefined && firstProcesses(namespace.inode).some(isStopped);
}

/**
 * Holds a container's first process (SIGSTOP) from the moment its namespace is there until its rules are.
 *
 * Engines before 28 make the namespace after Join, in a hook of runc's, and start the process right after it: nothing of
 * Docker's protocol lets a plugin make them wait. runc's own first process is in the namespace from the hook on, and what it
 * becomes has not begun yet. On later engines it waits there at Join (`yetToBegin`), and the rules are made while Docker goes on.
 * It has a thread of its own, because 20 starts at once keep the main one busy for 0.2 s at a time.
 * See docs/adr/0009-hold-the-first-process.md.
 */
export class StartHold {
  readonly #log: Log;
  /** Last order for each namespace that is not over: a thread that died is given them again. */
  readonly #orders = new Map<string, HoldOrder>();
  readonly #onHeld = new Map<string, (processes: readonly number[]) => void>();
  #thread: Worker;

  constructor(log: Log) {
    this.#log = log;
    this.#thread = this.#start();
  }

  /**
   * For a namespace that Docker has named and not made yet; or for `processes` of one that it has, which are yet to begin.
   * `onHeld` is told whom it was.
   */
  hold(
    sandboxKey: string,
    onHeld: (processes: readonly number[]) => void = () => undefined,
    processes?: readonly number[],
  ): void {
    this.#onHeld.set(sandboxKey, onHeld);
    this.#order({ act: 'hold', sandboxKey, ...(processes ? { processes } : {}) });
  }

  /** Also what an earlier process of ours held. Safe to repeat. */
  release(sandboxKey: string): void {
    this.#order({ act: 'release', sandboxKey });
  }

  /** Kills what is held: Docker's start fails. What was not held in time lives on. */
  refuse(sandboxKey: string): void {
    this.#order({ act: 'refuse', sandboxKey });
  }

  /** The namespace is gone, and so is what was held in it. */
  forget(sandboxKey: string): void {
    this.#orders.delete(sandboxKey);
    this.#onHeld.delete(sandboxKey);
  }

  /**
   * Before our own end: waits until everyone who is to be held is. Who is held stays so until the next process of ours has
   * locked the namespace; who is not would run in one that nobody has locked.
   */
  async allHeld(deadlineMs: number): Promise<void> {
    await poll(() => [...this.#orders.values()].every(isCarriedOut) || undefined, { everyMs: 10, deadlineMs });
  }

  #order(order: HoldOrder): void {
    this.#orders.set(order.sandboxKey, order);
    this.#thread.postMessage(order);
  }

  #start(): Worker {
    const thread = new Worker(new URL(`./start-hold-thread${extname(import.meta.url)}`, import.meta.url));
    thread.unref();
    thread.on('message', ({ sandboxKey, processes }: Held) => this.#onHeld.get(sandboxKey)?.(processes));
    thread.on('error', (error) => {
      this.#log.error('start-hold', `The thread that holds starts has ended, and is started again: ${error}`);
      this.#thread = this.#start();
      for (const order of this.#orders.values()) this.#thread.postMessage(order);
    });
    return thread;
  }
}
