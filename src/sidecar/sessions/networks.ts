import { isDeepStrictEqual } from 'node:util';
import { allOrFirstFailure, poll, Queue } from '../../shared/async.ts';
import { EgressError, explain } from '../../shared/errors.ts';
import { addressOf, parseCidr } from '../../shared/ip.ts';
import type { Log } from '../../shared/log.ts';
import { bridgeName, DEFAULT_BRIDGE, DEFAULT_NETWORK } from '../../shared/names.ts';
import type { Engine } from '../docker/engine.ts';
import type { FirewallNetwork } from '../plan/host-firewall.ts';
import { bridgeAlias, macOf } from '../plan/link.ts';
import type { ProxyPeer, WireNetwork } from '../plan/wire.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { NetworkRecord, networkRecord } from '../store/records.ts';
import type { HostNetwork } from './host-network.ts';
import { parseNetworkOptions } from './network-options.ts';

export interface NewNetwork {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly internal: boolean;
  readonly subnet4: string;
  /** In CIDR form. */
  readonly gateway4: string;
  readonly subnet6?: string | undefined;
  readonly gateway6?: string | undefined;
}

/** Addresses of the sessions on a network that may reach something directly. */
export type DirectAddresses = (networkId: string) => { direct4: string[]; direct6: string[] };

const NAME_DEADLINE_MS = 10_000;
/** A session that is wanted without a tunnel waits for this answer. */
const NETWORKS_TIMEOUT_MS = 1_000;

/** Docker's networks that are ours: on disk, and as bridges on the host. */
export class Networks {
  readonly #records = new Map<string, NetworkRecord>();
  readonly #store: RecordStore<typeof networkRecord>;
  readonly #host: HostNetwork;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #renames = new Queue();
  readonly #directAddresses: DirectAddresses;
  /** Subnets of Docker's other networks. */
  #others: readonly string[] = [];

  constructor(parts: {
    store: RecordStore<typeof networkRecord>;
    host: HostNetwork;
    engine: Engine;
    log: Log;
    directAddresses: DirectAddresses;
  }) {
    this.#store = parts.store;
    this.#host = parts.host;
    this.#engine = parts.engine;
    this.#log = parts.log;
    this.#directAddresses = parts.directAddresses;
  }

  /**
   * Reads the networks of an earlier process; their bridges are made again where a reboot took them.
   * @returns whether all could be read
   */
  async recover(): Promise<boolean> {
    const { records, unreadable } = await this.#store.readAll();
    for (const { file, why } of unreadable)
      this.#log.error('networks', `${file} can't be read, its network stays down: ${why}`);
    const links = await this.#host.links();
    for (const found of records) {
      // A crash while the bridge was renamed: its alias tells whose it is.
      const bridge = links.find(({ alias }) => alias === bridgeAlias(found.id))?.name ?? found.bridge;
      const record = { ...found, bridge };
      this.#records.set(record.id, record);
      await this.#ensureBridge(record).catch((error) =>
        this.#log.error('networks', `${record.bridge}: ${explain(error)}`),
      );
    }
    await this.applyFirewall().catch((error) => this.#log.error('networks', explain(error))); // tried again every 10 s
    return unreadable.length === 0;
  }

  /** @throws EgressError NETWORK_OPTION_INVALID */
  async create(network: NewNetwork): Promise<void> {
    const options = parseNetworkOptions(network.options);
    const record: NetworkRecord = {
      version: 1,
      id: network.id,
      bridge: options.bridge ?? bridgeName(network.id),
      bridgeGiven: options.bridge !== undefined,
      subnet4: network.subnet4,
      gateway4: network.gateway4,
      ...(network.subnet6 && network.gateway6 ? { subnet6: network.subnet6, gateway6: network.gateway6 } : {}),
      internal: network.internal,
      policy: options.policy,
      proxy: options.proxy,
      proxyPorts: options.proxy_port,
      deadlineSeconds: options.deadline,
    };
    await this.#store.write(record.id, record);
    this.#records.set(record.id, record);
    try {
      await this.#ensureBridge(record);
      await this.applyFirewall();
    } catch (error) {
      await this.remove(record.id, {
        keepBridge: error instanceof EgressError && error.code === 'NETWORK_OPTION_INVALID',
      });
      throw error;
    }
    void this.#adoptDefaultName(record.id);
  }

  /** Absent is success. */
  async remove(id: string, options: { keepBridge?: boolean } = {}): Promise<void> {
    await this.#renames.run(async () => {
      const record = this.#records.get(id);
      if (!record) return;
      this.#records.delete(id);
      await this.applyFirewall();
      if (!options.keepBridge) await this.#host.removeBridge(record.bridge);
      await this.#store.remove(id);
    });
  }

  all(): NetworkRecord[] {
    return [...this.#records.values()];
  }

  /** @throws EgressError NETWORK_UNKNOWN */
  get(id: string): NetworkRecord {
    const record = this.#records.get(id);
    if (!record) throw new EgressError('NETWORK_UNKNOWN', undefined, { details: { network: id } });
    return record;
  }

  find(id: string): NetworkRecord | undefined {
    return this.#records.get(id);
  }

  wireNetwork(id: string, proxies: readonly ProxyPeer[]): WireNetwork {
    const record = this.get(id);
    return {
      bridge: record.bridge,
      bridgeMac: bridgeMac(record),
      subnet4: record.subnet4,
      gateway4: addressOf(record.gateway4),
      subnet6: record.subnet6,
      gateway6: record.gateway6 && addressOf(record.gateway6),
      proxies,
    };
  }

  /** @param beside what is loaded in the same breath: a transaction more would wait for the end of this one */
  async applyFirewall({ again, beside }: { again?: boolean; beside?: () => Promise<void> } = {}): Promise<void> {
    if (this.#anyDirect()) await this.#learnOthers();
    const networks = this.all().map(({ id, bridge }): FirewallNetwork => ({ bridge, ...this.#directAddresses(id) }));
    await allOrFirstFailure([this.#host.applyFirewall(networks, this.#others, { again }), beside?.()]);
  }

  /** Until no bridge is being renamed. */
  async bridgesNamed(): Promise<void> {
    await this.#renames.run(async () => undefined);
  }

  /** Whether any session may reach something directly: then it matters what Docker's other networks are. */
  #anyDirect(): boolean {
    return this.all().some(({ id }) => Object.values(this.#directAddresses(id)).flat().length > 0);
  }

  /** While the engine can't be asked, its last answer counts. @returns whether there is news */
  async #learnOthers(): Promise<boolean> {
    const networks = await this.#engine.networks(NETWORKS_TIMEOUT_MS).catch(() => undefined);
    const others = networks
      ?.filter(({ id }) => !this.#records.has(id))
      .flatMap(({ subnets }) => subnets.filter((range) => parseCidr(range)));
    if (!others || isDeepStrictEqual(others, this.#others)) return false;
    this.#others = others;
    return true;
  }

  /** Bridges and rules as they should be, after somebody else changed them. */
  async repair(): Promise<void> {
    for (const record of this.all()) await this.#ensureBridge(record);
    if (await this.#repairFirewall(() => this.#host.firewallStands())) return;
    if (this.#anyDirect() && (await this.#learnOthers())) await this.applyFirewall();
  }

  /** Of that only what nobody is told of: rules of iptables-legacy. */
  async repairUnheard(): Promise<void> {
    await this.#repairFirewall(() => this.#host.forwardChainsStand());
  }

  async #repairFirewall(stands: () => Promise<boolean>): Promise<boolean> {
    if (this.#records.size === 0 || (await stands())) return false;
    this.#log.warn('networks', "The host's rules were changed by somebody else; they are loaded again.");
    await this.applyFirewall({ again: true });
    return true;
  }

  /** A network's name is not in Docker's request, and Docker knows it only after our answer. */
  async #adoptDefaultName(id: string): Promise<void> {
    if (this.#records.get(id)?.bridgeGiven) return;
    const probe = () => this.#engine.networkName(id, 2_000).catch(() => undefined);
    const name = await poll(probe, { everyMs: 50, deadlineMs: NAME_DEADLINE_MS });
    if (name !== DEFAULT_NETWORK) return;
    await this.#renames
      .run(() => this.#renameBridge(id))
      .catch((error) => this.#log.warn('networks', `The bridge keeps its first name: ${explain(error)}`));
  }

  async #renameBridge(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record || this.all().some(({ bridge }) => bridge === DEFAULT_BRIDGE)) return;
    const renamed = { ...record, bridge: DEFAULT_BRIDGE };
    await this.#host.renameBridge(record.bridge, DEFAULT_BRIDGE);
    this.#records.set(id, renamed);
    await this.#store.write(id, renamed);
    await this.#ensureBridge(renamed); // a link that was down has lost its IPv6 addresses
    await this.applyFirewall();
  }

  #ensureBridge(record: NetworkRecord): Promise<void> {
    return this.#host.ensureBridge({
      bridge: record.bridge,
      bridgeMac: bridgeMac(record),
      networkId: record.id,
      addresses: [record.gateway4, ...(record.gateway6 ? [record.gateway6] : [])],
    });
  }
}

const bridgeMac = (record: NetworkRecord): string => macOf(addressOf(record.gateway4));
