import { findNamespace } from '../host/netns.ts';
import type { StartHold } from '../host/start-hold.ts';

/** The first process of one session: whatever it does, its rules are there before (ADR 0009). */
export class FirstProcess {
  readonly #startHold: StartHold;
  readonly #sandboxKey: string;
  #mayRun = false;
  #isOver = false;

  constructor(startHold: StartHold, sandboxKey: string) {
    this.#startHold = startHold;
    this.#sandboxKey = sandboxKey;
  }

  /** Where Docker has made the namespace already, it makes the process wait itself, or that runs already. */
  hold(): void {
    if (!findNamespace(this.#sandboxKey)) this.#startHold.hold(this.#sandboxKey);
  }

  /** It begins, if it was held. */
  letRun(): void {
    if (this.#isOver) return;
    this.#mayRun = true;
    this.#startHold.release(this.#sandboxKey);
  }

  /** An earlier process of ours has let it run. */
  isRunning(): void {
    this.#mayRun = true;
  }

  /** It never begins: Docker's start fails. One that was let run goes on. */
  refuse(): void {
    if (!this.#mayRun) this.#startHold.refuse(this.#sandboxKey);
  }

  /** Its namespace is gone. */
  forget(): void {
    this.#isOver = true;
    this.#startHold.forget(this.#sandboxKey);
  }
}
