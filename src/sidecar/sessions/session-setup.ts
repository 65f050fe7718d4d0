import { poll } from '../../shared/async.ts';
import { type Container, containerOf } from '../docker/container-folder.ts';
import { LinkCounters } from '../host/link-counters.ts';
import { findNamespace, type Namespace } from '../host/netns.ts';
import { isStopped, namespaceOf, type ProcessesByNamespace } from '../host/proc.ts';
import type { EgressChoice } from './egress-choice.ts';
import type { FirstProcess } from './first-process.ts';
import type { KasmSignals } from './kasm-signals.ts';
import type { Session } from './session.ts';
import type { SessionEndpoints } from './session-endpoints.ts';
import type { SessionIdentity } from './session-identity.ts';
import type { SessionLedger } from './session-ledger.ts';
import type { SessionRules } from './session-rules.ts';
import { serversOf } from './session-tunnel.ts';

/** Docker makes the namespace some 0.1 s after Join on engines before 28; a start that fails never makes it. */
export const NAMESPACE_DEADLINE_MS = 60_000;
const IDENTITY_QUICK_MS = 2_000;
/** From a state's beginning on, until a container is told of it; a busy host takes seconds for its first process. */
const TOLD_WITHIN_MS = 60_000;
/** From the namespace on. */
const HELD_WITHIN_MS = 20;
const WIRED_WITHIN_MS = 300;

interface SetupParts {
  readonly ledger: SessionLedger;
  readonly endpoints: SessionEndpoints;
  readonly identity: SessionIdentity;
  readonly rules: SessionRules;
  readonly kasm: KasmSignals;
  readonly choice: EgressChoice;
  readonly first: FirstProcess;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
}

/**
 * How one session begins, in a namespace that Docker has just named, or that an earlier process of ours has set up: who lives
 * there is found out, and it is locked before anything else happens in it.
 */
export class SessionSetup {
  readonly #session: Session;
  readonly #parts: SetupParts;
  readonly #locked = Promise.withResolvers<void>();
  #isPlanned = false;

  constructor(session: Session, parts: SetupParts) {
    this.#session = session;
    this.#parts = parts;
    this.#locked.promise.catch(() => undefined);
  }

  /** Until its namespace is locked, or it is known to be the proxy's. */
  get locked(): Promise<void> {
    return this.#locked.promise;
  }

  /** As `locked`, or until its first process is held: nothing can begin in its namespace before that is locked. */
  get secured(): Promise<void> {
    const held = this.#parts.first.held.then((processes) => (processes.length > 0 ? undefined : this.locked));
    return Promise.race([held, this.locked]);
  }

  /** It is known what its rules are to be: before that, nothing else may ask for them. */
  get isPlanned(): boolean {
    return this.#isPlanned;
  }

  /** `earlier`: until the end of the session that had this namespace before. `beginning`: see `FirstProcess.hold`; `container`: whose that is. */
  start(earlier: Promise<void> | undefined, beginning: readonly number[], container: Container | undefined): void {
    this.#parts.first.hold(beginning);
    this.#session.background(this.#setUp(earlier, beginning.length > 0 ? container : undefined));
  }

  /** For one that an earlier process of ours has set up. @returns false where its namespace is gone. */
  async recover(processes: ProcessesByNamespace): Promise<boolean> {
    const { sandboxKey, inode, role } = this.#session.record;
    const namespace = findNamespace(sandboxKey);
    if (!namespace || (inode !== undefined && namespace.inode !== inode)) return false;
    // An id may stand for somebody else's process by now, and who this is decides which credentials it gets.
    const own = (processes.get(namespace.inode) ?? []).filter((id) => namespaceOf(id) === namespace.inode);
    this.#session.background(role === 'unknown' ? this.#setUp() : this.#readopt(namespace, own));
    return true;
  }

  /** It is over, or has failed: whoever waits for the lock is told, and a first process that is still held never begins. */
  refuse(error: unknown): void {
    this.#locked.reject(error);
    this.#parts.first.refuse();
  }

  /** `ready`: the container whose preparations are over, and only Docker's own are still to come. */
  async #setUp(earlier?: Promise<void>, ready?: Container): Promise<void> {
    await earlier?.catch(() => undefined); // its own failure, and told of there
    const { ledger, identity, rules, signal } = this.#parts;
    const probe = () => findNamespace(this.#session.record.sandboxKey);
    const namespace = await poll(probe, { everyMs: 3, deadlineMs: NAMESPACE_DEADLINE_MS, signal });
    if (!namespace) return; // the container never started; the reconciler takes the session away
    identity.setNamespace(namespace);
    if (ready) rules.deferLock(this.#wired(namespace));
    await this.#identify(ready);
    this.#session.log('info', `Setting up network namespace for "${ledger.subject}" (${this.#session.folder})`);
    ledger.update({ inode: namespace.inode });
    await (identity.isNamedProxy ? this.#becomeProxy() : this.#becomeSession());
  }

  async #identify(known: Container | undefined): Promise<void> {
    const { identity, first } = this.#parts;
    if (known) identity.setContainer(known);
    else await identity.identify(IDENTITY_QUICK_MS, 10, await first.heldWithin(HELD_WITHIN_MS));
  }

  /**
   * Until Docker has put the wire into the namespace. Before that it runs iptables there, eight times for its resolver, and those
   * would wait for our rules as ours would for theirs. On engines before 28 runc's preparations stand still meanwhile, so there the
   * lock comes at once.
   */
  async #wired(namespace: Namespace): Promise<void> {
    const links = this.#parts.endpoints.wires().map(({ link }) => new LinkCounters(namespace, link));
    try {
      const areInside = () => links.every((link) => link.read()) || undefined;
      await poll(areInside, { everyMs: 4, deadlineMs: WIRED_WITHIN_MS });
    } finally {
      for (const link of links) link.close();
    }
  }

  async #becomeProxy(): Promise<void> {
    const { ledger, choice, first } = this.#parts;
    choice.close();
    ledger.update({ role: 'proxy' });
    ledger.move('connected', undefined);
    await this.#session.openToProxy();
    this.#locked.resolve();
    first.letRun();
    this.#session.settle();
  }

  async #becomeSession(): Promise<void> {
    const { ledger, identity, kasm, choice } = this.#parts;
    ledger.update({ role: 'session' });
    this.#isPlanned = true;
    ledger.announce();
    this.#session.pointToProxy();
    const cleared = kasm.clear(); // before anything new can be told
    const decided = choice.choose();
    // A tunnel's device needs no lock, since the guard is still shut. Where none is wanted, its rules are the first there are.
    if (await choice.wantsNoTunnel()) await Promise.race([decided, this.#session.settled]);
    await Promise.all([this.#lockIn(cleared), decided]);
    if (identity.container) return;
    // Docker's files didn't tell who this is; it stays blocked while we go on looking, until its deadline.
    await identity.identify(choice.deadlineMs(), 500);
    if (identity.isNamedProxy) return this.#becomeProxy();
    if (identity.container) await choice.choose();
  }

  async #lockIn(cleared: Promise<void>): Promise<void> {
    const { rules, first } = this.#parts;
    await Promise.all([this.#session.applyRules({ again: rules.isLockBroken }), cleared]);
    this.#logWires();
    this.#locked.resolve();
    void first.letRunWhenSettled();
  }

  #logWires(): void {
    for (const { link, ipv4, hostLink, network } of this.#parts.endpoints.wires()) {
      this.#session.log('info', `Network interface ${link} (${ipv4}) on ${network.bridge}, guarded at ${hostLink}`);
    }
    this.#session.log('info', 'iptables and ip6tables rules are loaded: locked');
  }

  async #readopt(namespace: Namespace, processes: readonly number[]): Promise<void> {
    const { identity, rules, choice, first } = this.#parts;
    identity.setNamespace(namespace);
    identity.setContainer(await containerOf(processes));
    if (!identity.container) await identity.identify(IDENTITY_QUICK_MS, 20);
    if (this.#session.isProxy) return this.#becomeProxy();
    await choice.readopt();
    const { tunnel } = this.#session.record;
    if (tunnel) rules.useServers(serversOf(tunnel));
    this.#isPlanned = true;
    this.#session.pointToProxy();
    await this.#session.readoptRules();
    this.#locked.resolve();
    // What an earlier process of ours held waits on: Docker's resolver may not be closed yet.
    const isHeld = processes.length === 0 || processes.some(isStopped);
    if (isHeld) void first.letRunWhenSettled();
    else first.isRunning();
    const { state, since, cut } = this.#session.record;
    this.#session.log('info', `Found again in state ${state}`);
    if (cut || choice.hasFailedForGood) {
      void this.#session.refuseNames();
      this.#session.settle();
    } else {
      await choice.resume();
    }
    if (isHeld || Date.now() - Date.parse(since) < TOLD_WITHIN_MS) this.#tellAgain();
  }

  /** An earlier process of ours may have ended before it could: a Kasm image waits for that without a timeout. */
  #tellAgain(): void {
    const { state } = this.#session.record;
    if (state === 'connected') void this.#session.signal('ready');
    if (state === 'failed') void this.#session.signal('error');
  }
}
