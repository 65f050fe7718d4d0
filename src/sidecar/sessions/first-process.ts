import { setTimeout as sleep } from 'node:timers/promises';
import { settledWithin } from '../../shared/async.ts';
import { explain } from '../../shared/errors.ts';
import { findNamespace } from '../host/netns.ts';
import type { StartHold } from '../host/start-hold.ts';
import type { Egress } from './egress.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** Docker's resolver comes a moment after the namespace, or never. */
const NAMES_DEADLINE_MS = 3_500;
const STARTING_PAUSES_MS = [20, 40, 80, 160, 320];

/** The first process of one session: whatever it does, its rules are there before (ADR 0009). */
export class FirstProcess {
  readonly #session: Session;
  readonly #egress: Egress;
  readonly #signal: AbortSignal;
  readonly #startHold: StartHold;
  readonly #sandboxKey: string;
  readonly #gateMs: number;
  readonly #held = Promise.withResolvers<readonly number[]>();
  readonly #running = Promise.withResolvers<void>();
  #mayRun = false;
  #isOver = false;

  constructor(session: Session, { startHold, settings }: SessionContext, egress: Egress, signal: AbortSignal) {
    this.#session = session;
    this.#egress = egress;
    this.#signal = signal;
    this.#startHold = startHold;
    this.#sandboxKey = session.record.sandboxKey;
    this.#gateMs = settings.gateMs;
  }

  /** Where Docker has made the namespace already, it makes the process wait itself, or that runs already. */
  hold(): void {
    if (findNamespace(this.#sandboxKey)) this.#endWaiting();
    else this.#startHold.hold(this.#sandboxKey, this.#held.resolve);
  }

  /** Nobody is held, or not any more. */
  #endWaiting(): void {
    this.#held.resolve([]);
    this.#running.resolve();
  }

  /** Its id, as soon as it is held; none where nobody is within `ms`. */
  async heldWithin(ms: number): Promise<readonly number[]> {
    return (await settledWithin(this.#held.promise, ms)) ? this.#held.promise : [];
  }

  /** Until it need not wait for us any more: before that runc's preparations stand still, and it has no root of its own. */
  get running(): Promise<void> {
    return this.#running.promise;
  }

  /** It begins, if it was held. */
  letRun(): void {
    if (this.#isOver) return;
    this.#mayRun = true;
    this.#startHold.release(this.#sandboxKey);
    this.#running.resolve();
  }

  /** As on engines that wait for us themselves (`Endpoints.awaitEgress`): its first instruction finds the egress ready. */
  async letRunWhenSettled(): Promise<void> {
    await settledWithin(this.#session.names.decided, NAMES_DEADLINE_MS);
    await this.#session.waitUntilSettled(this.#gateMs);
    await this.#egress.restoreIpv6().catch((error) => this.#session.warn(`IPv6: ${explain(error)}`)); // the watch tries again
    // Docker opens its resolver in two steps, and the first is what we waited for.
    await this.#session.repair.reassertNames().catch((error) => this.#session.warn(`names: ${explain(error)}`));
    this.letRun();
    await this.#reassertWhileStarting().catch(() => undefined); // the reconciler does it again, and says why it can't
  }

  /** Docker 26.1 writes the container's hosts once more, while its process starts. */
  async #reassertWhileStarting(): Promise<void> {
    for (const pause of STARTING_PAUSES_MS) {
      await sleep(pause, undefined, { signal: this.#signal, ref: false });
      await this.#session.repair.reassertNames();
    }
  }

  /** An earlier process of ours has let it run. */
  isRunning(): void {
    this.#mayRun = true;
    this.#endWaiting();
  }

  /** It never begins: Docker's start fails. One that was let run goes on. */
  refuse(): void {
    if (!this.#mayRun) {
      this.#isOver = true;
      this.#startHold.refuse(this.#sandboxKey);
    }
    this.#endWaiting();
  }

  /** Its namespace is gone. */
  forget(): void {
    this.#isOver = true;
    this.#endWaiting();
    this.#startHold.forget(this.#sandboxKey);
  }
}
