import { isDeepStrictEqual } from 'node:util';
import { allOrFirstFailure, Queue } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import { ChangeListener } from '../host/netlink.ts';
import type { Namespace } from '../host/netns.ts';
import type { Summaries } from '../host/nft.ts';
import { planGuard } from '../plan/guard.ts';
import { type Lock, planLock } from '../plan/lock.ts';
import { directOf, type Passage, type Wire } from '../plan/wire.ts';
import { guardStands, type HostNetwork } from './host-network.ts';
import { type LockSighting, sightingOf } from './lock-sighting.ts';
import type { Networks } from './networks.ts';

/** As much of what sessions share as the rules need. */
export interface RulesContext {
  readonly host: Pick<HostNetwork, 'applyLock' | 'lockStands' | 'applyGuard' | 'setIsolated'>;
  readonly networks: Pick<Networks, 'applyFirewall'>;
  readonly passageChanged: () => void;
}

/** Both layers of one session: the lock in its namespace, and the guard on each of its wires. One change at a time. */
export class SessionRules {
  readonly #context: RulesContext;
  readonly #wires: () => Wire[];
  readonly #announces: () => boolean;
  readonly #changes = new Queue();
  #passage: Passage = { kind: 'shut' };
  #appliedFirewall = '';
  #servers: readonly string[] = [];
  #appliedLock: Partial<Lock> = {};
  readonly #appliedGuards = new Map<string, string>();
  #lock: Lock | undefined;
  #wired: Promise<void> | undefined;
  #deferral: Promise<void> | undefined;
  /** The lock may have been changed: until it was seen that it stands, or was put back. */
  #isSuspect = true;
  #sighting: LockSighting | undefined;
  #listener: ChangeListener | undefined;
  #isClosed = false;
  /** The lock could not be applied: nothing passes the guard until it can. */
  #lockBroken = false;

  constructor(context: RulesContext, wires: () => Wire[], announces: () => boolean) {
    this.#context = context;
    this.#wires = wires;
    this.#announces = announces;
  }

  /** As the guards have it now. */
  get passage(): Passage {
    return this.#passage;
  }

  get isLockBroken(): boolean {
    return this.#lockBroken;
  }

  /** Of the lock, when it was verified last. */
  get sighting(): LockSighting | undefined {
    return this.#sighting;
  }

  /** No guard can be changed before its wire stands, with a guard that is shut; what needs no wire goes on meanwhile. */
  awaitWire(wired: Promise<void>): void {
    const remember = () => {
      for (const wire of this.#wires()) this.#appliedGuards.set(wire.hostLink, planGuard(wire, { kind: 'shut' }));
    };
    this.#wired = wired.then(remember, () => undefined); // where it failed, the guard's change does so, too
  }

  /** Nothing of the container runs before the first lock stands: that waits for `until`, and nothing waits for that. */
  deferLock(until: Promise<void>): void {
    this.#deferral = until.catch(() => undefined);
  }

  /** Addresses of the VPN server, for the documented rows; they come into force with the next `apply`. */
  useServers(servers: readonly string[]): void {
    this.#servers = servers;
  }

  /**
   * Makes both layers as `plan` says when its turn comes. The one that closes goes first: what widens is locked before the
   * guard opens, what narrows is shut at the guard before the rest follows, each also where one before it failed.
   * @param again also where the rules are believed to stand: somebody else may have changed them
   * @throws EgressError LOCK_FAILED; then the guard is shut
   */
  apply(namespace: Namespace, plan: () => Passage, { again = false } = {}): Promise<void> {
    return this.#change(async () => {
      if (this.#lockBroken && !again) return this.#shut();
      const passage = plan();
      const widens = this.#passage.kind === 'shut' || directOf(passage).length > directOf(this.#passage).length;
      await (widens ? this.#widen(namespace, passage, again) : this.#narrow(namespace, passage, again));
    });
  }

  /**
   * As `apply`, for what an earlier process of ours has set up: the lock that it saw stand is not applied again where nobody
   * can have changed it since.
   */
  async goOn(namespace: Namespace, plan: () => Passage, seen: LockSighting | undefined): Promise<void> {
    if (seen) await this.#change(() => this.#trust(namespace, this.#planLock(plan()), seen)).catch(() => undefined); // loaded, then
    await this.apply(namespace, plan);
  }

  async #trust(namespace: Namespace, lock: Lock, seen: LockSighting): Promise<void> {
    this.#listen(namespace); // first: what changes from now on is heard
    if (!isDeepStrictEqual(sightingOf(namespace, lock), seen)) return;
    await this.#context.host.applyLock(namespace, {}); // what is no rule
    this.#appliedLock = lock;
    this.#lock = lock;
    this.#sighting = seen;
    this.#isSuspect = false;
  }

  /**
   * Puts the lock back where somebody in the container, or on the host, has changed it. Costs next to nothing where nobody has.
   * @returns whether that was so; not, where nft(8) does not see it even then: rules of iptables-legacy can't be verified
   */
  async verify(namespace: Namespace): Promise<boolean> {
    if (this.#isClosed) return false;
    if (this.#listen(namespace).takeChange()) this.#isSuspect = true;
    if (!this.#isSuspect) return false;
    return this.#changes.run(async () => {
      const lock = this.#lock;
      if (!lock || this.#isClosed) return false;
      const sighting = sightingOf(namespace, lock);
      const stood = await this.#context.host.lockStands(namespace, lock);
      if (!stood) await this.#context.host.applyLock(namespace, lock);
      this.#sighting = stood && !this.#lockBroken ? sighting : undefined;
      this.#isSuspect = false; // to put it back was a change: where changes can be heard of, it is looked at once more
      return !stood && (await this.#context.host.lockStands(namespace, lock));
    });
  }

  #listen(namespace: Namespace): ChangeListener {
    this.#listener ??= new ChangeListener('rules', namespace);
    return this.#listener;
  }

  /** Whether the guards look as they should by now; a listing from before a change of theirs says nothing. */
  guardsStand(guards: Summaries): boolean {
    return this.#wires().every((wire) => guardStands(guards, wire, this.#passage));
  }

  /** For the proxy: trusted, so a guard that lets everything by, and no lock, also where it was taken for a session at first. */
  open(namespace: Namespace, { again = false } = {}): Promise<void> {
    return this.#change(async () => {
      await this.#wired;
      for (const { hostLink } of this.#wires()) await this.#context.host.setIsolated(hostLink, false);
      if (this.#lock) await this.#applyLock(namespace, { kind: 'proxy' }, true);
      await this.#applyGuards({ kind: 'proxy' }, again);
      this.#setPassage({ kind: 'proxy' });
    });
  }

  /** From now on nothing is applied any more, and when this is done, nothing is being applied. The lock stays. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listener?.close(); // it would keep the namespace alive
    await this.#changes.run(async () => undefined);
  }

  /** A guard that was applied after its wire had gone would stay for ever. */
  async #change(work: () => Promise<void>): Promise<void> {
    await this.#changes.run(async () => {
      if (!this.#isClosed) await work();
    });
  }

  async #widen(namespace: Namespace, passage: Passage, again: boolean): Promise<void> {
    const lock = () => this.#applyLock(namespace, passage, again);
    const open = () => {
      this.#setPassage(passage);
      return this.#applyFirewall(() => this.#applyGuards(passage, again));
    };
    if (this.#deferral) return this.#together(lock, open);
    await lock();
    await open();
  }

  /** Nobody is there who could use it before both stand. */
  async #together(lock: () => Promise<void>, open: () => Promise<void>): Promise<void> {
    try {
      await allOrFirstFailure([lock(), open()]);
    } catch (error) {
      await this.#shut(); // the other one may have come to its end later
      throw error;
    }
  }

  async #narrow(namespace: Namespace, passage: Passage, again: boolean): Promise<void> {
    await this.#applyGuards(passage, again);
    this.#setPassage(passage);
    try {
      await this.#applyLock(namespace, passage, again);
    } finally {
      await this.#applyFirewall();
    }
  }

  async #shut(): Promise<void> {
    await this.#applyGuards({ kind: 'shut' }, false);
    this.#setPassage({ kind: 'shut' });
  }

  #setPassage(passage: Passage): void {
    const changes = JSON.stringify(passage) !== JSON.stringify(this.#passage);
    this.#passage = passage;
    if (changes) this.#context.passageChanged();
  }

  /** The host forwards for those wires that may reach something directly. @param beside what may be loaded together with that */
  async #applyFirewall(beside: () => Promise<void> = nothing): Promise<void> {
    const direct = directOf(this.#passage).length > 0;
    const wanted = direct ? JSON.stringify(this.#wires().map(({ ipv4, ipv6 }) => [ipv4, ipv6])) : '';
    if (wanted === this.#appliedFirewall) return beside();
    await this.#context.networks.applyFirewall({ beside });
    this.#appliedFirewall = wanted;
  }

  async #applyLock(namespace: Namespace, passage: Passage, again: boolean): Promise<void> {
    await this.#deferral;
    this.#deferral = undefined;
    const lock = this.#planLock(passage);
    const changed = again ? lock : changesOf(this.#appliedLock, lock);
    if (Object.keys(changed).length === 0) return;
    try {
      this.#appliedLock = {};
      await this.#context.host.applyLock(namespace, changed);
      this.#appliedLock = lock;
      this.#lock = lock;
      this.#lockBroken = false;
    } catch (cause) {
      this.#lockBroken = true;
      await this.#shut();
      throw new EgressError('LOCK_FAILED', undefined, { cause, details: { namespace: namespace.name } });
    }
  }

  #planLock(passage: Passage): Lock {
    return planLock({ wires: this.#wires(), passage, servers: this.#servers, announces: this.#announces() });
  }

  async #applyGuards(passage: Passage, again: boolean): Promise<void> {
    await this.#wired;
    for (const wire of this.#wires()) await this.#applyGuard(wire, passage, again);
  }

  async #applyGuard(wire: Wire, passage: Passage, again: boolean): Promise<void> {
    const wanted = planGuard(wire, passage);
    if (!again && this.#appliedGuards.get(wire.hostLink) === wanted) return;
    this.#appliedGuards.delete(wire.hostLink);
    await this.#context.host.applyGuard(wire, passage);
    this.#appliedGuards.set(wire.hostLink, wanted);
  }
}

const nothing = async (): Promise<void> => undefined;

/** Each family is a process. */
const changesOf = (applied: Partial<Lock>, { v4, v6 }: Lock): Partial<Lock> => ({
  ...(v4 === applied.v4 ? {} : { v4 }),
  ...(v6 === applied.v6 ? {} : { v6 }),
});
