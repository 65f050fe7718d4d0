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

  /** @param beginning who is yet to begin, where Docker has made the namespace already; nobody: it runs already, or can't be told */
  hold(beginning: readonly number[]): void {
    if (!findNamespace(this.#sandboxKey)) this.#startHold.hold(this.#sandboxKey, this.#held.resolve);
    else if (beginning.length > 0) this.#startHold.hold(this.#sandboxKey, this.#held.resolve, beginning);
    else this.#endWaiting();
  }

  /** Nobody is held, or not any more. */
  #endWaiting(): void {
    this.#held.resolve([]);
    this.#running.resolve();
  }

  /** Its id, as soon as it is held; none where nobody is to be, or not any more. */
  get held(): Promise<readonly number[]> {
    return this.#held.promise;
  }

  /** As `held`; none where nobody is within `ms`. */
  async heldWithin(ms: number): Promise<readonly number[]> {
    return (await settledWithin(this.held, ms)) ? this.held : [];
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

  /** Its first instruction finds the egress ready, also where Docker waits for us itself (`Endpoints.awaitEgress`). */
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
