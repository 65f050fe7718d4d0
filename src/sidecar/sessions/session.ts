import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll, settledWithin } from '../../shared/async.ts';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import type { SessionState, SessionView } from '../../shared/session-view.ts';
import { type Container, containerOf } from '../docker/container-folder.ts';
import { findNamespace, type Namespace } from '../host/netns.ts';
import type { Summaries } from '../host/nft.ts';
import { isStopped, namespaceOf, type ProcessesByNamespace } from '../host/proc.ts';
import { planPassage } from '../plan/passage.ts';
import type { Passage } from '../plan/wire.ts';
import type { EndpointRecord, SessionRecord, TunnelRecordOnDisk } from '../store/records.ts';
import { Egress } from './egress.ts';
import { EgressChoice } from './egress-choice.ts';
import { FirstProcess } from './first-process.ts';
import { KasmSignals } from './kasm-signals.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { SessionContext } from './session-context.ts';
import { SessionEndpoints } from './session-endpoints.ts';
import { SessionIdentity } from './session-identity.ts';
import { SessionLedger } from './session-ledger.ts';
import { SessionNames } from './session-names.ts';
import { SessionRules } from './session-rules.ts';
import { serversOf } from './session-tunnel.ts';
import { toSessionView } from './session-view.ts';

/** Docker makes the namespace some 0.1 s after Join on engines before 28; a start that fails never makes it. */
export const NAMESPACE_DEADLINE_MS = 60_000;
const IDENTITY_QUICK_MS = 2_000;
/** Docker's resolver comes a moment after the namespace, or never. */
const NAMES_DEADLINE_MS = 3_500;
const STARTING_PAUSES_MS = [20, 40, 80, 160, 320];

/**
 * One container's network namespace, from the moment Docker names it until it is gone: who it is, which launch script it
 * has, and what state that has led to. It is locked before anything else happens in it.
 */
export class Session {
  /** `/var/run/kasm-sidecar/<ns>` */
  readonly folder: string;
  readonly #context: SessionContext;
  readonly #endpoints: SessionEndpoints;
  readonly #ledger: SessionLedger;
  readonly #identity: SessionIdentity;
  readonly #life = new AbortController();
  readonly #kasm = new KasmSignals(this);
  readonly #rules: SessionRules;
  readonly #names: SessionNames;
  readonly #egress: Egress;
  readonly #choice: EgressChoice;
  readonly #first: FirstProcess;
  readonly #locked = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  #isSurelySession = false;

  constructor(context: SessionContext, record: SessionRecord) {
    this.#context = context;
    this.folder = join(context.settings.runDir, record.namespace);
    this.#endpoints = new SessionEndpoints(context);
    this.#ledger = new SessionLedger(context, record, this.folder);
    this.#identity = new SessionIdentity(this.#ledger, this.#endpoints, this.#life.signal);
    this.#rules = new SessionRules(
      context,
      () => this.#endpoints.wires(),
      () => this.record.announces,
    );
    this.#names = new SessionNames(this, this.#life.signal);
    this.#egress = new Egress(this, context);
    this.#choice = new EgressChoice(this, context, {
      ledger: this.#ledger,
      endpoints: this.#endpoints,
      egress: this.#egress,
      signal: this.#life.signal,
    });
    this.#first = new FirstProcess(context.startHold, record.sandboxKey);
    this.#locked.promise.catch(() => undefined);
  }

  get record(): SessionRecord {
    return this.#ledger.record;
  }
  get namespace(): Namespace | undefined {
    return this.#identity.namespace;
  }
  get container(): Container | undefined {
    return this.#identity.container;
  }
  get endpoints(): EndpointRecord[] {
    return this.#endpoints.all();
  }
  get networkIds(): string[] {
    return this.endpoints.map(({ networkId }) => networkId);
  }
  get passage(): Passage {
    return this.#rules.passage;
  }
  get names(): SessionNames {
    return this.#names;
  }
  get script(): FoundLaunchScript | undefined {
    return this.#choice.script;
  }
  get warnings(): string[] {
    return this.#ledger.warnings;
  }
  get isProxy(): boolean {
    return this.record.role === 'proxy';
  }
  /** It may leave by its tunnel only, so its interfaces on other networks are no way out either. */
  get isClosed(): boolean {
    const isSession = this.record.role === 'session' || (this.record.role === 'unknown' && this.#isSurelySession);
    return isSession && this.#rules.passage.kind !== 'open';
  }
  /** Until its namespace is locked, or it is known to be the proxy's. */
  get locked(): Promise<void> {
    return this.#locked.promise;
  }

  attach(endpoint: EndpointRecord): void {
    this.#endpoints.add(endpoint);
    if (this.namespace && this.record.role !== 'unknown') this.background(this.reapply());
  }

  /** @returns whether it was the last one. */
  detach(endpointId: string): boolean {
    return this.#endpoints.remove(endpointId);
  }

  /**
   * For a namespace that Docker has just named. `isSurelySession`: it can't be the proxy. `earlier`: until the end of the one
   * that had this namespace before.
   */
  start(isSurelySession: boolean, earlier?: Promise<void>): void {
    this.#isSurelySession = isSurelySession;
    this.#first.hold();
    if (!findNamespace(this.record.sandboxKey)) void this.#choice.foretell(earlier).catch(() => undefined); // the start finds out
    this.background(this.#setUp(earlier));
  }

  /** For one that an earlier process of ours has set up. @returns false where its namespace is gone. */
  async recover(processes: ProcessesByNamespace): Promise<boolean> {
    const namespace = findNamespace(this.record.sandboxKey);
    if (!namespace || (this.record.inode !== undefined && namespace.inode !== this.record.inode)) return false;
    // An id may stand for somebody else's process by now, and who this is decides which credentials it gets.
    const own = (processes.get(namespace.inode) ?? []).filter((id) => namespaceOf(id) === namespace.inode);
    this.background(this.record.role === 'unknown' ? this.#setUp() : this.#readopt(namespace, own));
    return true;
  }

  async #setUp(earlier?: Promise<void>): Promise<void> {
    await earlier?.catch(() => undefined); // its own failure, and told of there
    const { signal } = this.#life;
    const probe = () => findNamespace(this.record.sandboxKey);
    const namespace = await poll(probe, { everyMs: 3, deadlineMs: NAMESPACE_DEADLINE_MS, signal });
    if (!namespace) return; // the container never started; the reconciler takes the session away
    this.#identity.setNamespace(namespace);
    await this.#identity.identify(IDENTITY_QUICK_MS, 10);
    this.log('info', `Setting up network namespace for "${this.#ledger.subject}" (${this.folder})`);
    this.#ledger.update({ inode: namespace.inode });
    await (this.#identity.isNamedProxy ? this.#becomeProxy() : this.#becomeSession());
    await this.#choice.dropForetold();
  }

  async #becomeProxy(): Promise<void> {
    this.#ledger.update({ role: 'proxy', state: 'connected', since: new Date().toISOString() });
    await this.#openToProxy();
    this.#locked.resolve();
    this.#first.letRun();
    this.#settled.resolve();
  }

  async #openToProxy({ again = false } = {}): Promise<void> {
    if (this.namespace) await this.#rules.open(this.namespace, { again });
    for (const { ipv4, link } of this.#endpoints.wires()) {
      this.log('info', `Proxy container configured using internal IP (${ipv4}), interface ${link}`);
    }
    for (const { networkId } of this.endpoints) this.#context.proxyChanged(networkId);
  }

  async #becomeSession(): Promise<void> {
    this.#ledger.update({ role: 'session' });
    this.#ledger.announce();
    this.#pointToProxy();
    const cleared = this.#kasm.clear(); // before anything new can be told
    const decided = this.#choice.choose();
    // A tunnel's device needs no lock, since the guard is still shut. Where none is wanted, its rules are the first there are.
    if (await this.#choice.wantsNoTunnel()) await Promise.race([decided, this.#settled.promise]);
    await Promise.all([this.#lockIn(cleared), decided]);
    if (this.container) return;
    // Docker's files didn't tell who this is; it stays blocked while we go on looking, until its deadline.
    await this.#identity.identify(this.deadlineMs(), 500);
    if (this.#identity.isNamedProxy) return this.#becomeProxy();
    if (this.container) await this.#choice.choose();
  }

  async #readopt(namespace: Namespace, processes: readonly number[]): Promise<void> {
    this.#identity.setNamespace(namespace);
    this.#identity.setContainer(await containerOf(processes));
    if (!this.container) await this.#identity.identify(IDENTITY_QUICK_MS, 20);
    if (this.isProxy) return this.#becomeProxy();
    await this.#choice.readopt();
    if (this.record.tunnel) this.#rules.useServers(serversOf(this.record.tunnel));
    await this.#applyRules({ again: true });
    this.#locked.resolve();
    // What an earlier process of ours held waits on: Docker's resolver may not be closed yet.
    if (processes.length === 0 || processes.some(isStopped)) void this.#letRunWhenSettled();
    else this.#first.isRunning();
    this.log('info', `Found again in state ${this.record.state}`);
    if (this.record.cut || this.#choice.hasFailedForGood) {
      this.#refuseNames();
      return this.#settled.resolve();
    }
    await this.#choice.resume();
  }

  /** Until a session is connected, milliseconds. */
  deadlineMs(): number {
    return this.#choice.deadlineMs();
  }

  /** The launch script under `key` came, changed or went. */
  scriptChanged(key: string): void {
    if (!this.namespace || this.record.role !== 'session') return;
    this.background(this.#choice.reconsider(key));
  }

  /** The proxy of a network came, went or moved: its address stands in both layers. */
  proxiesChanged(networkId: string): void {
    if (this.record.role !== 'session' || !this.namespace) return;
    if (!this.#endpoints.isOn(networkId)) return;
    this.background(this.#applyRules());
    this.#pointToProxy();
  }

  reconnect(): Promise<void> {
    return this.#choice.reconnect();
  }

  disconnect(): Promise<void> {
    return this.#choice.disconnect();
  }

  /** The proxy has no lock, and who is not known yet gets it with what it needs. */
  expectAnnouncements(): void {
    if (this.record.announces) return;
    this.#ledger.update({ announces: true });
    if (this.record.role === 'session') this.background(this.#applyRules());
  }

  /** The VPN server's addresses: they stand in the documented rows. */
  async useServers(servers: readonly string[]): Promise<void> {
    this.#rules.useServers(servers);
    await this.#applyRules();
  }

  /** Moves to `state`: on disk, in the rules, then in the log and as an event. */
  async enter(state: SessionState, why?: EgressError): Promise<void> {
    if (this.#life.signal.aborted) return;
    const previous = this.#ledger.move(state, why);
    try {
      await this.#applyRules();
    } finally {
      if (previous) this.#ledger.announce(previous);
      if (state === 'connected' || state === 'failed') this.#settled.resolve();
    }
  }

  /** There is nothing to wait for any more, or nothing but a launch script. */
  settle(): void {
    this.#settled.resolve();
  }

  /** Waits until it is connected, has failed, or waits for a launch script; never longer than `ms`. */
  async waitUntilSettled(ms: number): Promise<void> {
    await settledWithin(this.#settled.promise, ms);
  }

  async #giveUp(error: unknown): Promise<void> {
    await this.#egress.stop().catch((failure) => this.log('error', explain(failure)));
    await this.fail(error);
  }

  async fail(error: unknown): Promise<void> {
    if (this.#life.signal.aborted) return;
    const failure = toEgressError(error);
    if (failure.cause) this.log('error', explain(failure));
    if (this.#names.servers.length === 0) this.#refuseNames();
    await this.enter('failed', failure).catch((again) => this.log('error', explain(again)));
    await this.signal('error');
  }

  #refuseNames(): void {
    void this.#names.refuse().catch((error) => this.warn(`resolv.conf: ${explain(error)}`));
  }

  /** Tells a Kasm image inside, if there is one. */
  signal(status: 'ready' | 'error'): Promise<void> {
    return this.#kasm.tell(status);
  }

  async #lockIn(cleared: Promise<void>): Promise<void> {
    await Promise.all([this.#applyRules({ again: this.#rules.isLockBroken }), cleared]);
    this.#logWires();
    this.#locked.resolve();
    void this.#letRunWhenSettled();
  }

  /** As on engines that wait for us themselves (`Endpoints.awaitEgress`): its first instruction finds the egress ready. */
  async #letRunWhenSettled(): Promise<void> {
    await settledWithin(this.#names.decided, NAMES_DEADLINE_MS);
    await this.waitUntilSettled(this.#context.settings.gateMs);
    await this.#egress.restoreIpv6().catch((error) => this.warn(`IPv6: ${explain(error)}`)); // the watch tries again
    // Docker opens its resolver in two steps, and the first is what we waited for.
    await this.reassertNames().catch((error) => this.warn(`names: ${explain(error)}`));
    this.#first.letRun();
    await this.#reassertWhileStarting().catch(() => undefined); // the reconciler does it again, and says why it can't
  }

  /** Docker 26.1 writes the container's hosts once more, while its process starts. */
  async #reassertWhileStarting(): Promise<void> {
    for (const pause of STARTING_PAUSES_MS) {
      await sleep(pause, undefined, { signal: this.#life.signal, ref: false });
      await this.reassertNames();
    }
  }

  #logWires(): void {
    for (const { link, ipv4, hostLink, network } of this.#endpoints.wires()) {
      this.log('info', `Network interface ${link} (${ipv4}) on ${network.bridge}, guarded at ${hostLink}`);
    }
    this.log('info', 'iptables and ip6tables rules are loaded: locked');
  }

  #pointToProxy(): void {
    const proxy = this.#endpoints.proxy();
    if (proxy) void this.#kasm.pointToProxy(proxy.ipv4);
  }

  keepHold(held: boolean): void {
    if (this.record.held !== held) this.#ledger.update({ held });
  }

  keepTunnel(tunnel: TunnelRecordOnDisk | undefined): void {
    this.#ledger.keepTunnel(tunnel);
  }

  async #applyRules(options: { again?: boolean } = {}): Promise<void> {
    if (this.namespace) await this.#rules.apply(this.namespace, () => this.#planPassage(), options);
  }

  #planPassage(): Passage {
    const internal = this.#endpoints.networks().some((network) => network.internal);
    return planPassage(this.record.state, internal ? undefined : this.#choice.wish);
  }

  /** Applies both layers once more, whatever they are believed to be: somebody else may have changed them. */
  async reapply(): Promise<void> {
    if (this.isProxy) return this.#openToProxy({ again: true });
    await this.#applyRules({ again: true });
    await this.reassertNames();
  }

  guardsStand(guards: Summaries): boolean {
    return this.record.role === 'unknown' || this.#rules.guardsStand(guards);
  }

  /** A root in the container can flush the lock; it comes back. */
  async verifyLock(): Promise<void> {
    if (!this.namespace || this.record.role !== 'session' || this.#life.signal.aborted) return;
    if (await this.#rules.verify(this.namespace))
      this.log('warn', 'The rules in the container were changed by somebody else; they are applied again.');
  }

  /** Docker's resolver, and what others write into the container's files, is put right. */
  async reassertNames(): Promise<void> {
    if (this.record.role !== 'session' || this.#life.signal.aborted) return;
    await this.#names.reassert();
    await this.#kasm.reassert();
  }

  /** Of that only the files. */
  async reassertFiles(): Promise<void> {
    if (this.record.role !== 'session' || this.#life.signal.aborted) return;
    await this.#names.reassertFile();
    await this.#kasm.reassert();
  }

  /** Everything of it is taken away. The lock stays in a namespace that lives on: fail closed. Safe to repeat. */
  async end(): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    this.#choice.close();
    this.#first.refuse();
    this.#locked.reject(new EgressError('NAMESPACE_GONE'));
    this.#settled.resolve();
    await this.#egress.stop().catch((error) => this.log('error', explain(error)));
    await this.#rules.close();
    this.#names.close();
    this.#first.forget();
    await this.#kasm.clearStopped(this.record.rootfs);
    await this.#ledger.close();
  }

  view(): Promise<SessionView> {
    return toSessionView(this, this.#egress);
  }

  warn(text: string): void {
    this.#ledger.warn(text);
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#ledger.log(level, text);
  }

  /** Nobody waits for `work`; where it fails, so has the session. */
  background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#life.signal.aborted) return;
      this.#locked.reject(error);
      this.#first.refuse();
      void this.#giveUp(error);
    });
  }
}
