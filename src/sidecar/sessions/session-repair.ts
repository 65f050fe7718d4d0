import type { Summaries } from '../host/nft.ts';
import type { KasmSignals } from './kasm-signals.ts';
import type { Session } from './session.ts';
import type { SessionRules } from './session-rules.ts';

/** Puts right what others have changed in one session: its rules, Docker's resolver, the files that Docker writes. */
export class SessionRepair {
  readonly #session: Session;
  readonly #rules: SessionRules;
  readonly #kasm: KasmSignals;
  readonly #signal: AbortSignal;

  constructor(session: Session, rules: SessionRules, kasm: KasmSignals, signal: AbortSignal) {
    this.#session = session;
    this.#rules = rules;
    this.#kasm = kasm;
    this.#signal = signal;
  }

  /** Applies both layers once more, whatever they are believed to be: somebody else may have changed them. */
  async reapply(): Promise<void> {
    if (this.#session.isProxy) return this.#session.openToProxy({ again: true });
    await this.#session.applyRules({ again: true });
    await this.reassertNames();
  }

  guardsStand(guards: Summaries): boolean {
    const { role } = this.#session.record;
    if (role === 'proxy' && this.#rules.passage.kind !== 'proxy') return false; // it could not be opened
    return role === 'unknown' || this.#rules.guardsStand(guards);
  }

  /** A root in the container can flush the lock; it comes back. */
  async verifyLock(): Promise<void> {
    const { namespace } = this.#session;
    if (!namespace || !this.#isLiveSession) return;
    if (await this.#rules.verify(namespace))
      this.#session.log('warn', 'The rules in the container were changed by somebody else; they are applied again.');
    this.#session.keepSighting(this.#rules.sighting);
  }

  /** Docker's resolver, and what others write into the container's files, is put right. */
  async reassertNames(): Promise<void> {
    if (!this.#isLiveSession) return;
    await this.#session.names.reassert();
    await this.#kasm.reassert();
  }

  /** Of that only the files. */
  async reassertFiles(): Promise<void> {
    if (!this.#isLiveSession) return;
    await this.#session.names.reassertFile();
    await this.#kasm.reassert();
  }

  /** Only then there is something of ours inside. */
  get #isLiveSession(): boolean {
    return this.#session.record.role === 'session' && !this.#signal.aborted;
  }
}
