import { containerLinkName, hostLinkName } from '../../shared/names.ts';
import type { WireNetwork } from '../plan/wire.ts';
import type { EndpointRecord } from '../store/records.ts';
import type { HostNetwork } from './host-network.ts';
import type { Networks } from './networks.ts';
import { toWire } from './wire-of.ts';

/** The veth pairs of endpoints, each with its guard shut: begun at CreateEndpoint, and waited for at Join. */
export class EndpointWires {
  readonly #host: HostNetwork;
  readonly #networks: Networks;
  /** Those that are made while Docker goes its way from the one to the other. */
  readonly #begun = new Map<string, Promise<void>>();

  constructor(host: HostNetwork, networks: Networks) {
    this.#host = host;
    this.#networks = networks;
  }

  begin(record: EndpointRecord): void {
    const wire = this.#make(record);
    wire.catch(() => undefined); // `stand` makes it once more
    this.#begun.set(record.id, wire);
  }

  /** Docker repeats a Join whose answer it didn't get, and an earlier process of ours may have begun: that wire is in the way. */
  async stand(record: EndpointRecord): Promise<void> {
    const wire = this.#begun.get(record.id);
    this.#begun.delete(record.id);
    try {
      if (wire) return await wire;
    } catch {
      // It undoes itself, and why it failed the next one tells.
    }
    await this.#host.removeWire(hostLinkName(record.id));
    await this.#make(record);
  }

  /** Absent is success. */
  async remove(id: string): Promise<void> {
    await this.#begun.get(id)?.catch(() => undefined);
    this.#begun.delete(id);
    await this.#host.removeWire(hostLinkName(id));
  }

  /** A new network's bridge may get its last name meanwhile: then once more, with that. */
  async #make(record: EndpointRecord): Promise<void> {
    const network = this.#networks.wireNetwork(record.networkId, []);
    try {
      await this.#makeOn(network, record);
    } catch (error) {
      await this.#networks.bridgesNamed();
      const renamed = this.#networks.wireNetwork(record.networkId, []);
      if (renamed.bridge === network.bridge) throw error;
      await this.#makeOn(renamed, record);
    }
  }

  #makeOn(network: WireNetwork, record: EndpointRecord): Promise<void> {
    const hostLink = hostLinkName(record.id);
    const pair = { hostLink, containerLink: containerLinkName(record.id), mac: record.mac, bridge: network.bridge };
    return this.#host.makeWire(pair, toWire(record, network));
  }
}
