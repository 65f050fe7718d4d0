import { join } from 'node:path';
import { settledWithin } from '../../shared/async.ts';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import type { SessionState, SessionView } from '../../shared/session-view.ts';
import type { Container } from '../docker/container-folder.ts';
import type { Namespace } from '../host/netns.ts';
import type { ProcessesByNamespace } from '../host/proc.ts';
import { planPassage } from '../plan/passage.ts';
import type { Passage } from '../plan/wire.ts';
import type { EndpointRecord, SessionRecord, TunnelRecordOnDisk } from '../store/records.ts';
import { Egress } from './egress.ts';
import { EgressChoice } from './egress-choice.ts';
import { FirstProcess } from './first-process.ts';
import { KasmSignals } from './kasm-signals.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { LockSighting } from './lock-sighting.ts';
import type { SessionContext } from './session-context.ts';
import { SessionEndpoints } from './session-endpoints.ts';
import { SessionIdentity } from './session-identity.ts';
import { SessionLedger } from './session-ledger.ts';
import { SessionNames } from './session-names.ts';
import { SessionRepair } from './session-repair.ts';
import { SessionRules } from './session-rules.ts';
import { SessionSetup } from './session-setup.ts';
import { toSessionView } from './session-view.ts';

/** What is known at once of the container for which Docker has just named a namespace. */
export interface Newcomer {
  /** It can't be the proxy. */
  readonly isSurelySession: boolean;
  /** Until its wire stands; absent: it does. */
  readonly wired?: Promise<void>;
  /** Its process, where that is there and yet to begin (`yetToBegin`). */
  readonly beginning: readonly number[];
  /** Who that is, where it could be told. */
  readonly container?: Container | undefined;
}

/**
 * One container's network namespace, from the moment Docker names it until it is gone: who it is, which launch script it
 * has, and what state that has led to. It is locked before anything else happens in it.
 */
export class Session {
  /** `/var/run/kasm-sidecar/<ns>` */
  readonly folder: string;
  readonly names: SessionNames;
  readonly repair: SessionRepair;
  readonly #context: SessionContext;
  readonly #endpoints: SessionEndpoints;
  readonly #ledger: SessionLedger;
  readonly #identity: SessionIdentity;
  readonly #life = new AbortController();
  readonly #kasm: KasmSignals;
  readonly #rules: SessionRules;
  readonly #egress: Egress;
  readonly #choice: EgressChoice;
  readonly #first: FirstProcess;
  readonly #setup: SessionSetup;
  readonly #settled = Promise.withResolvers<void>();
  #isSurelySession = false;

  constructor(context: SessionContext, record: SessionRecord) {
    const { signal } = this.#life;
    this.#context = context;
    this.folder = join(context.settings.runDir, record.namespace);
    this.#endpoints = new SessionEndpoints(context);
    this.#ledger = new SessionLedger(context, record, this.folder);
    this.#identity = new SessionIdentity(this.#ledger, this.#endpoints, signal);
    this.#rules = new SessionRules(
      context,
      () => this.#endpoints.wires(),
      () => this.record.announces,
    );
    this.names = new SessionNames(this, signal);
    this.#egress = new Egress(this, context);
    this.#first = new FirstProcess(this, context, this.#egress, signal);
    this.#kasm = new KasmSignals(this, this.#first.running);
    this.repair = new SessionRepair(this, this.#rules, this.#kasm, signal);
    this.#choice = new EgressChoice(this, context, {
      ledger: this.#ledger,
      endpoints: this.#endpoints,
      egress: this.#egress,
      signal,
    });
    this.#setup = new SessionSetup(this, {
      ledger: this.#ledger,
      endpoints: this.#endpoints,
      identity: this.#identity,
      rules: this.#rules,
      kasm: this.#kasm,
      choice: this.#choice,
      first: this.#first,
      signal,
    });
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
    return this.#setup.locked;
  }
  /** Until nothing can begin in its namespace before that is locked, or it is known to be the proxy's. */
  get secured(): Promise<void> {
    return this.#setup.secured;
  }
  /** Until its first process need not wait for us any more. */
  get running(): Promise<void> {
    return this.#first.running;
  }
  /** Until it is connected, has failed, or waits for a launch script. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  attach(endpoint: EndpointRecord): void {
    this.#endpoints.add(endpoint);
    if (this.namespace && this.record.role !== 'unknown') this.background(this.repair.reapply());
  }

  /** @returns whether it was the last one. */
  detach(endpointId: string): boolean {
    return this.#endpoints.remove(endpointId);
  }

  /**
   * For a namespace that Docker has just named. `earlier`: until the end of the one that had this namespace before.
   */
  start({ isSurelySession, beginning, container, wired }: Newcomer, earlier?: Promise<void>): void {
    this.#isSurelySession = isSurelySession;
    if (wired) this.#rules.awaitWire(wired);
    this.#setup.start(earlier, beginning, container);
  }

  /** For one that an earlier process of ours has set up. @returns false where its namespace is gone. */
  recover(processes: ProcessesByNamespace): Promise<boolean> {
    return this.#setup.recover(processes);
  }

  /** For the proxy, which is trusted: its guard lets everything by. */
  async openToProxy({ again = false } = {}): Promise<void> {
    if (this.namespace) await this.#rules.open(this.namespace, { again });
    for (const { ipv4, link } of this.#endpoints.wires()) {
      this.log('info', `Proxy container configured using internal IP (${ipv4}), interface ${link}`);
    }
    for (const { networkId } of this.endpoints) this.#context.proxyChanged(networkId);
    if (this.container) await this.#context.prepared.forget(this.container.id); // a launch script may bear its name
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
    if (!this.#endpoints.isOn(networkId) || !this.#setup.isPlanned) return;
    this.background(this.applyRules());
    this.pointToProxy();
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
    if (this.record.role === 'session') this.background(this.applyRules());
  }

  /** The VPN server's addresses: they stand in the documented rows from the next change of the rules on. */
  expectServers(servers: readonly string[]): void {
    this.#rules.useServers(servers);
  }

  /** As `expectServers`, from now on. */
  async useServers(servers: readonly string[]): Promise<void> {
    this.expectServers(servers);
    await this.applyRules();
  }

  /** Moves to `state`: on disk, in the rules, then in the log and as an event. */
  async enter(state: SessionState, why?: EgressError): Promise<void> {
    if (this.#life.signal.aborted) return;
    const previous = this.#ledger.move(state, why);
    try {
      await this.applyRules();
    } finally {
      if (previous) this.#ledger.announce(previous);
      if (state === 'connected' || state === 'failed') this.#settled.resolve();
    }
  }

  /** There is nothing to wait for any more, or nothing but a launch script. */
  settle(): void {
    this.#settled.resolve();
  }

  /** As `settled`, and never longer than `ms`. */
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
    if (this.isProxy) return this.log('error', explain(failure)); // it has no egress; the reconciler tries again
    if (failure.cause) this.log('error', explain(failure));
    if (this.names.servers.length === 0) void this.refuseNames();
    await this.enter('failed', failure).catch((again) => this.log('error', explain(again)));
    await this.signal('error');
  }

  refuseNames(): Promise<void> {
    return this.names.refuse().catch((error) => this.warn(`resolv.conf: ${explain(error)}`));
  }

  /** Tells a Kasm image inside, if there is one. */
  signal(status: 'ready' | 'error'): Promise<void> {
    return this.#kasm.tell(status);
  }

  /** Where a Kasm image inside finds its API. */
  pointToProxy(): void {
    const proxy = this.#endpoints.proxy();
    if (proxy) void this.#kasm.pointToProxy(proxy);
  }

  keepHold(held: boolean): void {
    if (this.record.held !== held) this.#ledger.update({ held });
  }

  keepSighting(sighting: LockSighting | undefined): void {
    if (this.record.sighting !== sighting) this.#ledger.update({ sighting });
  }

  keepTunnel(tunnel: TunnelRecordOnDisk | undefined): void {
    this.#ledger.keepTunnel(tunnel);
  }

  /** Both layers as its state and its egress say; `again`: also where they are believed to stand. */
  async applyRules(options: { again?: boolean } = {}): Promise<void> {
    if (this.namespace) await this.#rules.apply(this.namespace, () => this.#planPassage(), options);
  }

  /** As an earlier process of ours has left both layers. */
  async readoptRules(): Promise<void> {
    if (this.namespace) await this.#rules.goOn(this.namespace, () => this.#planPassage(), this.record.sighting);
  }

  #planPassage(): Passage {
    const internal = this.#endpoints.networks().some((network) => network.internal);
    return planPassage(this.record.state, internal ? undefined : this.#choice.wish);
  }

  /** Everything of it is taken away. The lock stays in a namespace that lives on: fail closed. Safe to repeat. */
  async end(): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    this.#choice.close();
    this.#setup.refuse(new EgressError('NAMESPACE_GONE'));
    this.#settled.resolve();
    await this.#egress.stop().catch((error) => this.log('error', explain(error)));
    await this.#rules.close();
    this.names.close();
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
      this.#setup.refuse(error);
      void this.#giveUp(error);
    });
  }
}
