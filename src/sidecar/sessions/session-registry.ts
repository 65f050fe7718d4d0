import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EgressError, explain } from '../../shared/errors.ts';
import { addressOf, familyOf } from '../../shared/ip.ts';
import type { SessionView } from '../../shared/session-view.ts';
import type { SessionControl } from '../control/ports.ts';
import { findNamespace, namespaceName } from '../host/netns.ts';
import { type ProcessesByNamespace, processesByNamespace } from '../host/proc.ts';
import { directOf, type ProxyPeer } from '../plan/wire.ts';
import { RecordStore } from '../store/record-store.ts';
import { type EndpointRecord, type SessionRecord, sessionRecord } from '../store/records.ts';
import { type Newcomer, Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { NAMESPACE_DEADLINE_MS } from './session-setup.ts';

const UNKNOWN: Newcomer = { isSurelySession: false, beginning: [] };
const NAMESPACE_NAME = /^[0-9a-f]{12}$/;

/** What a new process of ours finds on the host. */
interface Found {
  readonly endpoints: readonly EndpointRecord[];
  /** Whether every endpoint could be read. */
  readonly allKnown: boolean;
}

/** All sessions of this host, by namespace. */
export class SessionRegistry implements SessionControl {
  readonly #sessions = new Map<string, Session>();
  /** Of those that are not known any more, what is still being taken away, by namespace. */
  readonly #endings = new Map<string, Promise<void>>();
  readonly #context: SessionContext;

  constructor(makeContext: (registry: SessionRegistry) => SessionContext) {
    this.#context = makeContext(this);
    this.#context.launchScripts.onChange((key) => {
      for (const session of this.#sessions.values()) session.scriptChanged(key);
    });
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Docker has put an endpoint into a sandbox: begins the session, or adds a wire to it when that stands. */
  join(endpoint: EndpointRecord, sandboxKey: string, newcomer: Newcomer = UNKNOWN): Session {
    const name = namespaceName(sandboxKey);
    const existing = this.#sessions.get(name);
    if (existing) {
      const attach = () => existing.attach(endpoint);
      void Promise.resolve(newcomer.wired).then(attach, () => undefined); // who waits for it says why
      return existing;
    }
    const session = new Session(this.#context, newRecord(name, sandboxKey));
    session.attach(endpoint);
    this.#sessions.set(name, session);
    session.start(newcomer, this.#endings.get(name));
    return session;
  }

  /** Absent is success. With its last wire the session ends. */
  async leave(endpointId: string): Promise<void> {
    const session = this.of(endpointId);
    if (!session) return;
    const { networkIds } = session;
    if (session.detach(endpointId)) return this.#end(session, networkIds);
    await session.repair.reapply();
    if (session.isProxy) for (const networkId of networkIds) this.proxyChanged(networkId);
  }

  of(endpointId: string): Session | undefined {
    return this.all().find((session) => session.endpoints.some(({ id }) => id === endpointId));
  }

  /** Finds again what an earlier process kept, and ends what is gone. `allKnown`: whether every endpoint could be read. */
  async recover(endpoints: readonly EndpointRecord[], allKnown: boolean): Promise<void> {
    const names = (await readdir(this.#context.settings.runDir).catch(() => [])).filter((name) =>
      NAMESPACE_NAME.test(name),
    );
    const processes = processesByNamespace();
    // All are known before the first is set up: it may be that one's proxy that comes last.
    const read: Session[] = [];
    for (const name of names) {
      const session = await this.#readOne(name, { endpoints, allKnown }).catch((error) =>
        this.#context.log.error(name, explain(error)),
      );
      if (session) read.push(session);
    }
    for (const session of read)
      await this.#recoverOne(session, processes).catch((error) => session.log('error', explain(error)));
    for (const endpoint of endpoints) {
      const key = endpoint.joined?.sandboxKey;
      // Joined, and no session on disk yet: a crash came in between.
      if (key && !names.includes(namespaceName(key))) this.join(endpoint, key);
    }
  }

  /** @returns the session that is to be recovered; none where it starts over, or its endpoint may be one that can't be read */
  async #readOne(name: string, { endpoints, allKnown }: Found): Promise<Session | undefined> {
    const folder = join(this.#context.settings.runDir, name);
    const { records, unreadable } = await new RecordStore(folder, sessionRecord).readAll();
    for (const { file, why } of unreadable) this.#context.log.error(name, `${file} can't be read: ${why}`);
    const own = endpoints.filter(({ joined }) => joined && namespaceName(joined.sandboxKey) === name);
    const [record] = records;
    if (!record) {
      // Unreadable is not absent: the container starts over as one that is not known yet, locked and without a tunnel.
      for (const endpoint of own) this.join(endpoint, endpoint.joined?.sandboxKey ?? '');
      if (own.length === 0 && unreadable.length === 0) await rm(folder, { recursive: true, force: true });
      return undefined;
    }
    if (own.length === 0 && !allKnown) return undefined; // it stays as it is
    const session = new Session(this.#context, record);
    for (const endpoint of own) session.attach(endpoint);
    this.#sessions.set(name, session);
    return session;
  }

  async #recoverOne(session: Session, processes: ProcessesByNamespace): Promise<void> {
    if (session.endpoints.length === 0 || !(await session.recover(processes))) await this.#endGone(session);
  }

  /** Ends sessions whose namespace has gone without a word from Docker. */
  async endGone(): Promise<void> {
    for (const session of this.all()) {
      const { namespace, record } = session;
      const found = findNamespace(record.sandboxKey);
      const age = Date.now() - Date.parse(record.since);
      const neverCame = !namespace && !found && age > NAMESPACE_DEADLINE_MS;
      if (neverCame || (namespace && found?.inode !== namespace.inode)) await this.#endGone(session);
    }
  }

  /** Docker may never say another word about its endpoints. */
  async #endGone(session: Session): Promise<void> {
    const { endpoints, networkIds } = session;
    await this.#end(session, networkIds);
    for (const { id } of endpoints) await this.#context.removeEndpoint(id);
  }

  /** Nobody finds it from now on; one that begins in the same namespace waits for its end. */
  async #end(session: Session, networkIds: readonly string[]): Promise<void> {
    const { namespace } = session.record;
    const ending = session.end().finally(() => this.#endings.delete(namespace));
    this.#endings.set(namespace, ending);
    this.#sessions.delete(namespace);
    if (session.isProxy) for (const networkId of networkIds) this.proxyChanged(networkId);
    const wasDirect = directOf(session.passage).length > 0;
    await Promise.all([ending, wasDirect ? this.#context.networks.applyFirewall() : undefined]);
  }

  /** For an engine that does this, also in namespaces which an older one has made. */
  expectAnnouncements(): void {
    for (const session of this.#sessions.values()) session.expectAnnouncements();
  }

  proxiesOf(networkId: string): ProxyPeer[] {
    const ports = this.#context.networks.find(networkId)?.proxyPorts ?? [];
    return this.all()
      .filter((session) => session.isProxy)
      .flatMap((session) => session.endpoints)
      .filter((endpoint) => endpoint.networkId === networkId)
      .map(({ mac, ipv4, ipv6 }) => ({ mac, ipv4: addressOf(ipv4), ipv6: ipv6 && addressOf(ipv6), ports }));
  }

  proxyChanged(networkId: string): void {
    for (const session of this.all()) session.proxiesChanged(networkId);
  }

  directAddresses(networkId: string): { direct4: string[]; direct6: string[] } {
    const addresses = this.all()
      .filter((session) => directOf(session.passage).length > 0)
      .flatMap((session) => session.endpoints)
      .filter((endpoint) => endpoint.networkId === networkId)
      .flatMap(({ ipv4, ipv6 }) => (ipv6 ? [ipv4, ipv6] : [ipv4]))
      .map(addressOf);
    return {
      direct4: addresses.filter((address) => familyOf(address) === 4),
      direct6: addresses.filter((address) => familyOf(address) === 6),
    };
  }

  list(): Promise<SessionView[]> {
    return Promise.all(this.all().map((session) => session.view()));
  }

  async find(key: string): Promise<SessionView | undefined> {
    return this.#byKey(key)?.view();
  }

  async reconnect(key: string): Promise<SessionView> {
    const session = this.#require(key);
    this.#inBackground(session, session.reconnect());
    return session.view();
  }

  async disconnect(key: string): Promise<SessionView> {
    const session = this.#require(key);
    await session.disconnect();
    return session.view();
  }

  #inBackground(session: Session, work: Promise<void>): void {
    work.catch((error) => session.log('error', explain(error)));
  }

  #require(key: string): Session {
    const session = this.#byKey(key);
    if (!session || session.isProxy) throw new EgressError('NOT_FOUND', `There is no session ${key}.`);
    return session;
  }

  #byKey(key: string): Session | undefined {
    return this.all().find(({ record: { namespace, sessionId, container } }) => {
      const isId = key.length >= 12 && container?.id.startsWith(key.toLowerCase());
      return isId || [namespace, sessionId, container?.name].includes(key);
    });
  }
}

const newRecord = (namespace: string, sandboxKey: string): SessionRecord => ({
  version: 1,
  namespace,
  sandboxKey,
  role: 'unknown',
  state: 'blocked',
  since: new Date().toISOString(),
  cut: false,
  held: false,
  announces: findNamespace(sandboxKey) !== undefined,
});
