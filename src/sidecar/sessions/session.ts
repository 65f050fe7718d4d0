import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { poll, Queue, settledWithin } from '../../shared/async.ts';
import { type ErrorCode, remedyOf } from '../../shared/error-codes.ts';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import type { SessionState, SessionView } from '../../shared/session-view.ts';
import { type Container, findContainer } from '../docker/container-folder.ts';
import { findNamespace, type Namespace } from '../host/netns.ts';
import { planLock } from '../plan/lock.ts';
import { planPassage, type Wish } from '../plan/passage.ts';
import { directOf, type Passage, type Wire } from '../plan/wire.ts';
import { RecordStore } from '../store/record-store.ts';
import { type EndpointRecord, type SessionRecord, sessionRecord } from '../store/records.ts';
import { Egress } from './egress.ts';
import { EgressStatus } from './egress-status.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import { hostResolvers, removeEmbeddedResolver, writeHosts, writeResolvConf } from './names.ts';
import type { SessionContext } from './session-context.ts';
import { toSessionView } from './session-view.ts';
import { toWire } from './wire-of.ts';

const NAMESPACE_DEADLINE_MS = 60_000;
const IDENTITY_QUICK_MS = 2_000;

/**
 * One container's network namespace, from the moment Docker names it until it is gone. It is locked before anything
 * else, and everything that changes its rules goes through `#applyPolicy`.
 */
export class Session {
  readonly #context: SessionContext;
  readonly #endpoints = new Map<string, EndpointRecord>();
  readonly #store: RecordStore<typeof sessionRecord>;
  readonly #policy = new Queue();
  readonly #saves = new Queue();
  readonly #status = new EgressStatus();
  readonly #egress: Egress;
  readonly #life = new AbortController();
  readonly #warnings = new Set<string>();
  readonly #locked = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  #record: SessionRecord;
  #namespace: Namespace | undefined;
  #container: Container | undefined;
  #passage: Passage = { kind: 'shut' };
  #wish: Wish | undefined;
  #found: FoundLaunchScript | undefined;
  #servers: readonly string[] = [];
  #appliedLock = '';
  /** The inner layer could not be applied: nothing passes the outer one until it can. */
  #lockBroken = false;
  #resolverTaken: Promise<void> | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(context: SessionContext, record: SessionRecord) {
    this.#context = context;
    this.#record = record;
    this.#store = new RecordStore(this.folder, sessionRecord);
    this.#egress = new Egress(this, context);
    this.#locked.promise.catch(() => undefined);
  }

  get folder(): string {
    return join(this.#context.settings.runDir, this.#record.namespace);
  }
  get record(): SessionRecord {
    return this.#record;
  }
  get namespace(): Namespace | undefined {
    return this.#namespace;
  }
  get container(): Container | undefined {
    return this.#container;
  }
  get endpoints(): EndpointRecord[] {
    return [...this.#endpoints.values()];
  }
  get passage(): Passage {
    return this.#passage;
  }
  get script(): FoundLaunchScript | undefined {
    return this.#found;
  }
  get warnings(): string[] {
    return [...this.#warnings];
  }
  get isProxy(): boolean {
    return this.#record.role === 'proxy';
  }
  /** What its log lines begin with. */
  get subject(): string {
    return this.#record.sessionId ?? this.#record.container?.name ?? this.#record.namespace;
  }
  /** Until its namespace is locked, or it is known to be the proxy's. */
  get locked(): Promise<void> {
    return this.#locked.promise;
  }
  /** Until it is connected, has failed, or waits for a launch script. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  attach(endpoint: EndpointRecord): void {
    this.#endpoints.set(endpoint.id, endpoint);
    if (this.#namespace && this.#record.role !== 'unknown') this.#background(this.#adoptWire());
  }

  /** @returns whether it was the last one. */
  detach(endpointId: string): boolean {
    this.#endpoints.delete(endpointId);
    return this.#endpoints.size === 0;
  }

  /** For a namespace that Docker has just named. */
  start(): void {
    this.#background(this.#setUp());
  }

  /** For one that an earlier process of ours has set up. @returns false where its namespace is gone. */
  async recover(): Promise<boolean> {
    const namespace = await findNamespace(this.#record.sandboxKey);
    if (!namespace || (this.#record.inode !== undefined && namespace.inode !== this.#record.inode)) return false;
    this.#background(this.#record.role === 'unknown' ? this.#setUp() : this.#readopt(namespace));
    return true;
  }

  async #setUp(): Promise<void> {
    const { signal } = this.#life;
    const probe = () => findNamespace(this.#record.sandboxKey);
    const namespace = await poll(probe, { everyMs: 3, deadlineMs: NAMESPACE_DEADLINE_MS, signal });
    if (!namespace) throw new EgressError('NAMESPACE_GONE');
    this.#namespace = namespace;
    await this.#identify(IDENTITY_QUICK_MS, 4);
    this.log('info', `Setting up network namespace for "${this.subject}" (${this.folder})`);
    this.#update({ inode: namespace.inode });
    if (this.#isNamedProxy()) return this.#becomeProxy();
    await this.#becomeSession();
  }

  async #identify(deadlineMs: number, everyMs: number): Promise<void> {
    const inode = this.#namespace?.inode ?? 0;
    const container = await poll(() => findContainer(inode), { everyMs, deadlineMs, signal: this.#life.signal });
    if (!container) return;
    this.#container = container;
    this.#update({
      container: { id: container.id, name: container.name },
      ...(container.rootfs === undefined ? {} : { rootfs: container.rootfs }),
    });
  }

  #isNamedProxy(): boolean {
    const name = this.#container?.name;
    return this.endpoints.some(({ networkId }) => this.#context.networks.find(networkId)?.proxy === name);
  }

  async #becomeProxy(): Promise<void> {
    this.#update({ role: 'proxy', state: 'connected', since: new Date().toISOString() });
    this.#passage = { kind: 'proxy' };
    await this.#adoptWire();
    this.#locked.resolve();
    this.#settled.resolve();
  }

  /** Opens the way to the proxy for a wire that has come, or locks it into the session. */
  async #adoptWire(): Promise<void> {
    if (!this.isProxy) return this.#applyPolicy();
    for (const endpoint of this.endpoints) {
      const wire = this.#wire(endpoint);
      await this.#context.host.setIsolated(wire.hostLink, false);
      await this.#context.host.applyGuard(wire, { kind: 'proxy' });
      this.log('info', `Proxy container configured using internal IP (${wire.ipv4}), interface ${wire.link}`);
      this.#context.proxyChanged(endpoint.networkId);
    }
  }

  async #becomeSession(): Promise<void> {
    this.#update({ role: 'session' });
    await this.#applyPolicy();
    this.#locked.resolve();
    const pid = this.#container?.pid;
    if (pid !== undefined) this.#background(this.#status.clear(pid));
    await this.#writeHosts();
    await this.chooseEgress();
    if (this.#container) return;
    // Docker's files didn't tell who this is; it stays blocked and we go on looking until its deadline.
    await this.#identify(this.deadlineMs(), 500);
    if (this.#isNamedProxy()) return this.#becomeProxy();
    if (this.#container) await this.chooseEgress();
  }

  async #readopt(namespace: Namespace): Promise<void> {
    this.#namespace = namespace;
    await this.#identify(0, 1);
    if (this.isProxy) return this.#becomeProxy();
    this.#found = await this.#findScript().catch(() => undefined);
    this.#wish = toWish(this.#found);
    await this.#applyPolicy({ again: true });
    this.#locked.resolve();
    this.log('info', `Found again in state ${this.#record.state}`);
    if (this.#record.cut) return this.#settled.resolve();
    const kept = this.#found !== undefined && (await this.#egress.resume(this.#found));
    if (!kept) await this.chooseEgress();
  }

  #findScript(): Promise<FoundLaunchScript | undefined> {
    const launchKey = this.endpoints.find((endpoint) => endpoint.launchKey !== undefined)?.launchKey;
    return this.#context.launchScripts.find({ launchKey, container: this.#container });
  }

  /** Takes the launch script that is meant for this container, or what its network's policy says without one. */
  async chooseEgress(): Promise<void> {
    if (this.#record.cut || this.isProxy || this.#life.signal.aborted) return;
    clearTimeout(this.#deadline);
    try {
      const found = await this.#findScript();
      if (found) return await this.#use(found);
      if (this.#container && this.#isOptional()) return await this.#openWithoutScript();
      await this.#waitForScript();
    } catch (error) {
      await this.fail(error);
    }
  }

  async #use(found: FoundLaunchScript): Promise<void> {
    this.#found = found;
    const sessionId = found.script.session_id;
    this.#update({ launchKey: found.key, ...(sessionId === undefined ? {} : { sessionId }) });
    this.#wish = toWish(found);
    if (found.script.egress.type === 'none') return this.#open(found.script.egress.dns);
    this.#takeResolver();
    this.#egress.connect(found);
  }

  #isOptional(): boolean {
    return this.endpoints.some(({ networkId }) => this.#context.networks.find(networkId)?.policy === 'optional');
  }

  async #openWithoutScript(): Promise<void> {
    this.#wish = { kind: 'none' };
    await this.#open(undefined);
  }

  /** Wanted without a tunnel: the plain route through the host's NAT. */
  async #open(dns: readonly string[] | undefined): Promise<void> {
    await this.#egress.stop();
    await this.enter('connected');
    if (this.#resolverTaken || dns) {
      await this.#resolverTaken;
      await this.#writeResolvConf({ servers: dns ?? (await hostResolvers()), searchDomains: [] });
    }
    await this.signal('ready');
  }

  async #waitForScript(): Promise<void> {
    await this.#egress.stop();
    this.#found = undefined;
    this.#wish = undefined;
    await this.enter('blocked');
    this.#takeResolver();
    this.#settled.resolve();
    const overdue = () => this.#background(this.fail(new EgressError('NO_LAUNCH_SCRIPT')));
    this.#deadline = setTimeout(overdue, this.deadlineMs()).unref();
  }

  /** Until a session is connected. */
  deadlineMs(): number {
    const seconds = this.endpoints.map(
      ({ networkId }) => this.#context.networks.find(networkId)?.deadlineSeconds ?? 45,
    );
    return (this.#found?.script.deadline_seconds ?? Math.max(1, ...seconds)) * 1000;
  }

  /** Docker's resolver would ask on the host. Until a tunnel's resolver is known, no name resolves. */
  #takeResolver(): void {
    this.#resolverTaken ??= this.#removeResolver();
    this.#background(this.#resolverTaken);
  }

  async #removeResolver(): Promise<void> {
    if (!this.#container || !this.#namespace) return;
    const { run } = this.#context;
    if (!(await removeEmbeddedResolver(run, this.#namespace, this.#container.pid, this.#life.signal))) {
      this.warn("This kernel can't close Docker's embedded resolver; only the namespace's rules keep it unused.");
    }
    if (!this.#found) await this.#writeResolvConf({ servers: [], searchDomains: [] });
  }

  async useResolvers(servers: readonly string[], searchDomains: readonly string[]): Promise<void> {
    if (servers.length === 0) this.warn('No resolver is known for this tunnel (DNS), so names do not resolve.');
    this.#takeResolver();
    await this.#resolverTaken;
    await this.#writeResolvConf({ servers, searchDomains });
  }

  async #writeResolvConf(resolvers: { servers: readonly string[]; searchDomains: readonly string[] }): Promise<void> {
    this.resolvers = resolvers.servers;
    if (this.#container) await writeResolvConf(this.#container, resolvers);
  }
  /** As last written to the container's resolv.conf. */
  resolvers: readonly string[] = [];

  async #writeHosts(): Promise<void> {
    const [endpoint] = this.endpoints;
    const [proxy] = endpoint ? this.#context.proxiesOf(endpoint.networkId) : [];
    if (!this.#container || !proxy) return;
    await writeHosts(this.#container, proxy.ipv4).catch((error) => this.log('warn', `/etc/hosts: ${explain(error)}`));
  }

  /** The launch script under `key` came, changed or went. */
  scriptChanged(key: string): void {
    if (!this.#namespace || this.isProxy || this.#record.cut) return;
    this.#background(this.#reconsider(key));
  }

  async #reconsider(key: string): Promise<void> {
    const found = await this.#findScript().catch(() => undefined);
    const usesIt = this.#found?.key === key;
    if (usesIt && !found) return this.#lose();
    if (found?.key === key || (usesIt && found)) await this.chooseEgress();
  }

  async #lose(): Promise<void> {
    await this.#egress.stop();
    this.#found = undefined;
    this.#wish = undefined;
    await this.enter('blocked', new EgressError('LAUNCH_SCRIPT_DELETED'));
  }

  /** The proxy of a network came, went or moved: its address stands in both layers. */
  proxiesChanged(networkId: string): void {
    if (this.isProxy || !this.#namespace || this.#record.role === 'unknown') return;
    if (!this.endpoints.some((endpoint) => endpoint.networkId === networkId)) return;
    this.#background(this.#applyPolicy().then(() => this.#writeHosts()));
  }

  async reconnect(): Promise<void> {
    this.#update({ cut: false });
    await this.#egress.stop();
    await this.chooseEgress();
  }

  async disconnect(): Promise<void> {
    this.#update({ cut: true });
    clearTimeout(this.#deadline);
    await this.#egress.stop();
    await this.enter('blocked', new EgressError('DISCONNECTED'));
  }

  async useServers(servers: readonly string[]): Promise<void> {
    this.#servers = servers;
    await this.#applyPolicy();
  }

  /** Moves to `state`: rules first where it closes something, on disk, in the log, and as an event. */
  async enter(state: SessionState, why?: EgressError): Promise<void> {
    const previous = this.#record.state;
    const reason = why && { code: why.code, message: why.message };
    if (previous === state && reason?.code === this.#record.reason?.code) return this.#applyPolicy();
    const { reason: _, ...record } = this.#record;
    this.#record = { ...record, state, since: new Date().toISOString(), ...(reason ? { reason } : {}) };
    if (this.#namespace && state !== 'ended') await this.#applyPolicy();
    this.#save();
    this.#announce(previous);
    if (state === 'connected' || state === 'failed') this.#settled.resolve();
  }

  #announce(previous: SessionState): void {
    const { namespace, sessionId, container, state, reason } = this.#record;
    const text = reason ? `${previous} → ${state}: ${reason.message} (${reason.code})` : `${previous} → ${state}`;
    this.log(state === 'failed' || state === 'reconnecting' ? 'error' : 'info', text);
    this.#context.events.append({
      namespace,
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(container ? { container } : {}),
      state,
      previous,
      ...(reason ? { reason: { ...reason, remedy: remedyOf(reason.code as ErrorCode) } } : {}),
    });
  }

  async fail(error: unknown): Promise<void> {
    if (this.#life.signal.aborted) return;
    const failure = toEgressError(error);
    await this.enter('failed', failure);
    if (error !== failure || failure.cause) this.log('error', explain(error));
    await this.signal('error');
  }

  /** Tells a Kasm image inside, if there is one. */
  async signal(status: 'ready' | 'error'): Promise<void> {
    const pid = this.#container?.pid;
    if (pid === undefined) return;
    await this.#status
      .write(pid, status)
      .catch((error) => this.warn(`.egress_status can't be written: ${explain(error)}`));
  }

  keepTunnel(tunnel: SessionRecord['tunnel']): void {
    const { tunnel: _, ...record } = this.#record;
    this.#record = tunnel ? { ...record, tunnel } : record;
    this.#save();
  }

  /** Both layers as the state wants them: the one that closes goes first. Nothing is opened before all is closed. */
  #applyPolicy(options: { again?: boolean } = {}): Promise<void> {
    return this.#policy.run(async () => {
      if (this.#lockBroken && !options.again) return this.#applyGuards({ kind: 'shut' });
      const passage = this.#planPassage();
      const widens = this.#passage.kind === 'shut' || directOf(passage).length > directOf(this.#passage).length;
      const steps = [() => this.#applyLock(passage, options.again === true), () => this.#applyGuards(passage)];
      for (const step of widens ? steps : steps.reverse()) await step();
    });
  }

  #planPassage(): Passage {
    const internal = this.endpoints.some(({ networkId }) => this.#context.networks.find(networkId)?.internal);
    return planPassage(this.#record.state, internal ? undefined : this.#wish);
  }

  async #applyLock(passage: Passage, again: boolean): Promise<void> {
    if (!this.#namespace) return;
    const wires = this.endpoints.map((endpoint) => this.#wire(endpoint));
    const lock = planLock({ wires, passage, servers: this.#servers });
    const text = lock.v4 + lock.v6;
    if (text === this.#appliedLock && !again) return;
    try {
      await this.#context.host.applyLock(this.#namespace, lock);
      this.#appliedLock = text;
      this.#lockBroken = false;
    } catch (cause) {
      this.#lockBroken = true;
      await this.#applyGuards({ kind: 'shut' });
      throw new EgressError('LOCK_FAILED', undefined, { cause, details: { namespace: this.#record.namespace } });
    }
  }

  async #applyGuards(passage: Passage): Promise<void> {
    const firewallChanges = directOf(passage).join() !== directOf(this.#passage).join();
    const changes = this.#passage.kind === 'shut' || firewallChanges;
    this.#passage = passage;
    if (changes) this.#context.passageChanged();
    if (firewallChanges) await this.#context.networks.applyFirewall();
    for (const endpoint of this.endpoints) await this.#context.host.applyGuard(this.#wire(endpoint), passage);
  }

  /** Applies both layers once more, whatever they were believed to be: somebody else may have changed them. */
  reapply(): Promise<void> {
    return this.isProxy ? this.#adoptWire() : this.#applyPolicy({ again: true });
  }

  #wire(endpoint: EndpointRecord): Wire {
    return toWire(
      endpoint,
      this.#context.networks.wireNetwork(endpoint.networkId, this.#context.proxiesOf(endpoint.networkId)),
    );
  }

  /** Everything of it is taken away. The lock stays in a namespace that lives on: fail closed. Safe to repeat. */
  async end(): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    clearTimeout(this.#deadline);
    this.#locked.reject(new EgressError('NAMESPACE_GONE'));
    this.#settled.resolve();
    await this.#egress.stop();
    if (this.#record.rootfs) await this.#status.clearStopped(this.#record.rootfs).catch(() => undefined);
    const previous = this.#record.state;
    const { reason: _, ...record } = this.#record;
    this.#record = { ...record, state: 'ended' };
    if (this.#record.role !== 'proxy' && !this.#context.events.hasEnded(record.namespace)) this.#announce(previous);
    this.log('info', `Cleaning up network namespace ${record.namespace}`);
    await this.#saves.run(() => rm(this.folder, { recursive: true, force: true }));
  }

  view(): Promise<SessionView> {
    return toSessionView(this, this.#egress);
  }

  warn(text: string): void {
    if (this.#warnings.has(text)) return;
    this.#warnings.add(text);
    this.log('warn', text);
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#context.log[level](this.subject, `${text} [${this.#record.namespace}]`);
  }

  #update(changes: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...changes };
    this.#save();
  }

  #save(): void {
    const record = this.#record;
    const save = async () => {
      if (!this.#life.signal.aborted) await this.#store.write('session', record);
    };
    this.#saves
      .run(save)
      .catch((error) => this.log('error', `The session's record can't be written: ${explain(error)}`));
  }

  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#life.signal.aborted) return;
      this.#locked.reject(error);
      this.fail(error).catch((failure) => this.log('error', explain(failure)));
    });
  }

  /** Waits for what Docker's call may wait for, and never longer than `ms`. */
  async waitUntilSettled(ms: number): Promise<void> {
    await settledWithin(this.settled, ms);
  }
}

function toWish(found: FoundLaunchScript | undefined): Wish | undefined {
  if (!found) return undefined;
  const { type, allow } = found.script.egress;
  return type === 'none' ? { kind: 'none' } : { kind: 'tunnel', allow: allow ?? [] };
}
