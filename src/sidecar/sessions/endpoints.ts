import { basename } from 'node:path';
import { settledWithin } from '../../shared/async.ts';
import { EgressError, explain } from '../../shared/errors.ts';
import { addressOf } from '../../shared/ip.ts';
import type { Log } from '../../shared/log.ts';
import { containerLinkName, hostLinkName, proxyLinkPrefix, sessionLinkPrefix } from '../../shared/names.ts';
import { containerOf } from '../docker/container-folder.ts';
import type { Engine } from '../docker/engine.ts';
import { findNamespace } from '../host/netns.ts';
import { processesInNamespace, yetToBegin } from '../host/proc.ts';
import { macOf } from '../plan/link.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { EndpointRecord, endpointRecord, NetworkRecord } from '../store/records.ts';
import { EndpointWires } from './endpoint-wires.ts';
import type { HostNetwork } from './host-network.ts';
import type { Networks } from './networks.ts';
import type { SessionRegistry } from './session-registry.ts';

export interface NewEndpoint {
  readonly id: string;
  readonly networkId: string;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  readonly mac: string | undefined;
  readonly launchKey: string | undefined;
  readonly published: boolean;
}

export interface Joined {
  readonly containerLink: string;
  readonly linkPrefix: string;
  readonly link: string;
  /** Next hops for the container's default route; undefined where it must keep its own. */
  readonly gateway4: string | undefined;
  readonly gateway6: string | undefined;
}

/** Who is joining, as far as it can be known before Docker's call is answered. */
type Joiner = 'proxy' | 'session' | 'unknown';

const OWNER_TIMEOUT_MS = 300;
const LOCK_WAIT_MS = 15_000;
/** Also after a gate that took as long as it may; Docker waits for 30 s in all. */
const LEAST_LOCK_WAIT_MS = 1_000;
const FORGOTTEN_AFTER_MS = 60_000;

/** Docker's endpoints that are ours: on disk, and as veth pairs on the host. */
export class Endpoints {
  readonly #records = new Map<string, EndpointRecord>();
  /** Since when an endpoint is in no sandbox; after a restart of ours, when that was found. */
  readonly #left = new Map<string, number>();
  /** The last one that was asked for, of each endpoint. */
  readonly #changes = new Map<string, Promise<unknown>>();
  readonly #store: RecordStore<typeof endpointRecord>;
  readonly #wires: EndpointWires;
  readonly #networks: Networks;
  readonly #sessions: SessionRegistry;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #gateMs: number;

  constructor(parts: {
    store: RecordStore<typeof endpointRecord>;
    host: HostNetwork;
    networks: Networks;
    sessions: SessionRegistry;
    engine: Engine;
    log: Log;
    gateMs: number;
  }) {
    this.#store = parts.store;
    this.#wires = new EndpointWires(parts.host, parts.networks);
    this.#networks = parts.networks;
    this.#sessions = parts.sessions;
    this.#engine = parts.engine;
    this.#log = parts.log;
    this.#gateMs = parts.gateMs;
  }

  /** @returns whether all could be read, and belong to a network that is known */
  async recover(): Promise<boolean> {
    const { records, unreadable } = await this.#store.readAll();
    for (const { file, why } of unreadable) this.#log.error('endpoints', `${file} can't be read: ${why}`);
    for (const record of records) {
      if (!record.joined) this.#left.set(record.id, performance.now());
      if (this.#networks.find(record.networkId)) this.#records.set(record.id, record);
      else this.#log.error('endpoints', `Endpoint ${record.id} has no known network; its wire stays shut.`);
    }
    return unreadable.length === 0 && this.#records.size === records.length;
  }

  all(): EndpointRecord[] {
    return [...this.#records.values()];
  }

  /**
   * Nothing slow: Docker holds a lock on the whole network meanwhile. Docker sends no DeleteEndpoint after a failure.
   * @returns the MAC address that the endpoint gets. @throws EgressError NETWORK_UNKNOWN, ADDRESS_MISSING
   */
  async create(endpoint: NewEndpoint): Promise<{ mac: string }> {
    this.#networks.get(endpoint.networkId);
    if (endpoint.ipv4 === undefined) throw new EgressError('ADDRESS_MISSING');
    const mac = endpoint.mac ?? macOf(addressOf(endpoint.ipv4));
    const record: EndpointRecord = {
      version: 1,
      id: endpoint.id,
      networkId: endpoint.networkId,
      mac,
      ipv4: endpoint.ipv4,
      ...(endpoint.ipv6 === undefined ? {} : { ipv6: endpoint.ipv6 }),
      ...(endpoint.launchKey === undefined ? {} : { launchKey: endpoint.launchKey }),
      published: endpoint.published,
    };
    await this.#write(record);
    this.#left.set(endpoint.id, performance.now()); // Docker may die before it comes to Join
    this.#wires.begin(record);
    return { mac };
  }

  /**
   * Waits for the wire, gated, and begins the session. Where the namespace exists already (Docker 28 and later, or a running
   * container), it is locked before this answers, or its first process is held until it is. @throws EgressError PORTS_UNSUPPORTED, LOCK_FAILED
   */
  join(id: string, sandboxKey: string, published: boolean): Promise<Joined> {
    return this.#inOrder(id, () => this.#join(id, sandboxKey, published));
  }

  async #join(id: string, sandboxKey: string, published: boolean): Promise<Joined> {
    const known = this.#require(id);
    const network = this.#networks.get(known.networkId);
    const namespace = findNamespace(sandboxKey);
    const processes = namespace ? processesInNamespace(namespace.inode) : [];
    const container = await containerOf(processes);
    const joiner = container ? roleOf(container, network) : await this.#whoJoins(id, network);
    if ((published || known.published) && joiner === 'session') throw new EgressError('PORTS_UNSUPPORTED');
    const linkPrefix = joiner === 'proxy' ? proxyLinkPrefix(id) : sessionLinkPrefix(id);
    this.#left.delete(id);
    const record = {
      ...known,
      published: known.published || published,
      joined: { sandboxKey, link: `${linkPrefix}0` },
    };
    const isSurelySession = joiner === 'session';
    const beginning = yetToBegin(processes);
    await this.#write(record);
    const wired = this.#wires.stand(record);
    if (namespace && beginning.length === 0) await wired; // a container that runs keeps what it has where its wire fails
    const session = this.#sessions.join(record, sandboxKey, { isSurelySession, beginning, container, wired });
    await wired;
    this.#logWire(record);
    // No process may begin in a namespace that has no lock; in one that Docker has yet to make, the session holds it itself.
    if (namespace && !(await settledWithin(session.secured, LOCK_WAIT_MS))) throw new EgressError('LOCK_FAILED');
    const keepsItsRoute = joiner === 'proxy' || network.internal;
    return {
      containerLink: containerLinkName(id),
      linkPrefix,
      link: record.joined.link,
      gateway4: keepsItsRoute ? undefined : addressOf(network.gateway4),
      gateway6: keepsItsRoute || !known.ipv6 || !network.gateway6 ? undefined : addressOf(network.gateway6),
    };
  }

  /**
   * Docker 28 and later send this when the interface stands and the process has not started: the true gate.
   * @throws EgressError LOCK_FAILED
   */
  async awaitEgress(id: string): Promise<void> {
    const session = this.#sessions.of(id);
    if (!session?.namespace) return;
    const end = performance.now() + LOCK_WAIT_MS;
    await session.waitUntilSettled(this.#gateMs);
    const left = Math.max(end - performance.now(), LEAST_LOCK_WAIT_MS);
    if (!(await settledWithin(session.locked, left))) throw new EgressError('LOCK_FAILED');
  }

  /**
   * Done when it is on disk: from then on a daemon that finds it frees it. The rest takes 0.1 s, for which a container's end, and
   * with it Docker's lock on the network, would wait; it goes on by itself. Absent is success.
   */
  async leave(id: string): Promise<void> {
    const noted = this.#inOrder(id, () => this.#noteLeft(id));
    this.#inBackground(
      id,
      this.#inOrder(id, () => this.#sessions.leave(id)),
    );
    await noted;
  }

  /** As `leave`, of all there is, also where no Leave came (Docker sends none after a failed Join). */
  async delete(id: string): Promise<void> {
    const noted = this.#inOrder(id, () => this.#store.remove(id)); // the next daemon takes its wire for an orphan
    this.#inBackground(id, this.remove(id));
    await noted;
  }

  async #noteLeft(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record?.joined) return;
    const { joined: _, ...left } = record;
    this.#left.set(id, performance.now());
    await this.#write(left);
  }

  #inBackground(id: string, work: Promise<void>): void {
    work.catch((error) => this.#log.error('endpoints', `${id.slice(0, 12)}: ${explain(error)}`));
  }

  /** Wires that no Join ever took, or that a Leave has freed and no DeleteEndpoint took away: Docker gives up after 15 s. */
  async removeForgotten(): Promise<void> {
    const before = performance.now() - FORGOTTEN_AFTER_MS;
    for (const [id, since] of this.#left) if (since < before) await this.remove(id);
  }

  /** Frees everything. Absent is success. */
  remove(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      this.#left.set(id, performance.now()); // it is tried again where this fails
      await this.#sessions.leave(id);
      await this.#wires.remove(id);
      await this.#store.remove(id);
      this.#records.delete(id);
      this.#left.delete(id);
    });
  }

  /** Until nothing is being made or freed any more, on one network or on all. */
  async settled(networkId?: string): Promise<void> {
    const concerns = (id: string) => networkId === undefined || this.#records.get(id)?.networkId === networkId;
    await Promise.allSettled([...this.#changes].flatMap(([id, change]) => (concerns(id) ? [change] : [])));
  }

  /** One change of an endpoint after the other: Docker does not wait for all of them, and gives up on others. */
  #inOrder<T>(id: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(id) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(change);
    this.#changes.set(id, done);
    const forget = () => {
      if (this.#changes.get(id) === done) this.#changes.delete(id);
    };
    done.then(forget, forget);
    return done;
  }

  /**
   * Where its namespace has no processes yet that could tell, Docker does. It matters for the proxy: that keeps its own default
   * route, its interface has another name, and the ports it publishes elsewhere are no mistake.
   */
  async #whoJoins(id: string, network: NetworkRecord): Promise<Joiner> {
    if (this.#sessions.proxiesOf(network.id).length > 0) return 'session';
    try {
      const owner = await this.#engine.ownerOf(network.id, id, OWNER_TIMEOUT_MS);
      return owner ? roleOf(owner, network) : 'unknown';
    } catch (error) {
      this.#log.warn('endpoints', `Docker can't be asked who is joining: ${explain(error)}`);
      return 'unknown';
    }
  }

  #logWire({ id, networkId, ipv4, joined }: EndpointRecord): void {
    const { bridge } = this.#networks.get(networkId);
    const namespace = basename(joined?.sandboxKey ?? '');
    this.#log.info(joined?.link ?? '', `Made ${hostLinkName(id)} on ${bridge} for ${ipv4}, gate shut [${namespace}]`);
  }

  async #write(record: EndpointRecord): Promise<void> {
    await this.#store.write(record.id, record);
    this.#records.set(record.id, record);
  }

  #require(id: string): EndpointRecord {
    const record = this.#records.get(id);
    if (!record) throw new EgressError('NOT_FOUND', `The sidecar does not know endpoint ${id.slice(0, 12)}.`);
    return record;
  }
}

const roleOf = ({ name }: { readonly name: string }, { proxy }: NetworkRecord): Joiner =>
  name === proxy ? 'proxy' : 'session';
