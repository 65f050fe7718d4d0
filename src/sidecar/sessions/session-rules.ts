import { Queue } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import type { Namespace } from '../host/netns.ts';
import { planLock } from '../plan/lock.ts';
import { directOf, type Passage, type Wire } from '../plan/wire.ts';
import type { HostNetwork } from './host-network.ts';
import type { Networks } from './networks.ts';

/** As much of what sessions share as the rules need. */
export interface RulesContext {
  readonly host: Pick<HostNetwork, 'applyLock' | 'applyGuard' | 'setIsolated'>;
  readonly networks: Pick<Networks, 'applyFirewall'>;
  readonly passageChanged: () => void;
}

/** Both layers of one session: the lock in its namespace, and the guard on each of its wires. One change at a time. */
export class SessionRules {
  readonly #context: RulesContext;
  readonly #wires: () => Wire[];
  readonly #changes = new Queue();
  #passage: Passage = { kind: 'shut' };
  #servers: readonly string[] = [];
  #appliedLock = '';
  readonly #appliedGuards = new Map<string, string>();
  /** The lock could not be applied: nothing passes the guard until it can. */
  #lockBroken = false;

  constructor(context: RulesContext, wires: () => Wire[]) {
    this.#context = context;
    this.#wires = wires;
  }

  /** As the guards have it now. */
  get passage(): Passage {
    return this.#passage;
  }

  /** Addresses of the VPN server, for the documented rows; they come into force with the next `apply`. */
  useServers(servers: readonly string[]): void {
    this.#servers = servers;
  }

  /**
   * Makes both layers as `plan` says when its turn comes. The one that closes goes first: what widens is locked before the
   * guard opens, what narrows is shut at the guard before the lock follows.
   * @param again also where the lock is believed to stand: somebody else may have changed it
   * @throws EgressError LOCK_FAILED; then the guard is shut
   */
  apply(namespace: Namespace, plan: () => Passage, { again = false } = {}): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#lockBroken && !again) return this.#applyGuards({ kind: 'shut' });
      const passage = plan();
      const widens = this.#passage.kind === 'shut' || directOf(passage).length > directOf(this.#passage).length;
      const steps = [() => this.#applyLock(namespace, passage, again), () => this.#applyGuards(passage, again)];
      for (const step of widens ? steps : steps.reverse()) await step();
    });
  }

  /** For the proxy: trusted, so no lock, and a guard that lets everything by. */
  open(): Promise<void> {
    return this.#changes.run(async () => {
      for (const { hostLink } of this.#wires()) await this.#context.host.setIsolated(hostLink, false);
      await this.#applyGuards({ kind: 'proxy' });
    });
  }

  async #applyLock(namespace: Namespace, passage: Passage, again: boolean): Promise<void> {
    const lock = planLock({ wires: this.#wires(), passage, servers: this.#servers });
    const text = lock.v4 + lock.v6;
    if (text === this.#appliedLock && !again) return;
    try {
      await this.#context.host.applyLock(namespace, lock);
      this.#appliedLock = text;
      this.#lockBroken = false;
    } catch (cause) {
      this.#lockBroken = true;
      await this.#applyGuards({ kind: 'shut' });
      throw new EgressError('LOCK_FAILED', undefined, { cause, details: { namespace: namespace.name } });
    }
  }

  async #applyGuards(passage: Passage, again = false): Promise<void> {
    const directChanges = directOf(passage).join() !== directOf(this.#passage).join();
    const kindChanges = passage.kind !== this.#passage.kind;
    this.#passage = passage;
    if (directChanges || kindChanges) this.#context.passageChanged();
    if (directChanges) await this.#context.networks.applyFirewall();
    for (const wire of this.#wires()) await this.#applyGuard(wire, passage, again);
  }

  async #applyGuard(wire: Wire, passage: Passage, again: boolean): Promise<void> {
    const wanted = JSON.stringify([wire, passage]);
    if (!again && this.#appliedGuards.get(wire.hostLink) === wanted) return;
    this.#appliedGuards.delete(wire.hostLink);
    await this.#context.host.applyGuard(wire, passage);
    this.#appliedGuards.set(wire.hostLink, wanted);
  }
}
