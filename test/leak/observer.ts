import { gatewayAddresses, OPENVPN_PORT, WIREGUARD_PORT } from '../../lab/addresses.ts';
import { Queue } from '../../src/shared/async.ts';
import { PROTOCOL } from './bytes/build.ts';
import { arpTarget, describePacket, readIp, reportedGroups } from './bytes/read.ts';
import { Capture } from './capture/capture.ts';
import { LinkNames, listLinks } from './capture/links.ts';
import type { Packet } from './capture/pcap.ts';
import type { Mark } from './case.ts';

/** A probe's packet, as it passed one of the host's interfaces. */
export interface Sighting {
  readonly tag: string;
  readonly link: number;
  readonly linkName: string;
  readonly outgoing: boolean;
  readonly packet: Packet;
}

export const describeSighting = ({ linkName, outgoing, packet }: Sighting): string =>
  `${outgoing ? 'out of' : 'into the host by'} ${linkName}: ${describePacket(packet)} at ${new Date(packet.time * 1000).toISOString().slice(11, 23)}`;

const TAG = /lk[0-9a-z]{10}/g;
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000; // from 32768 on, the kernel chooses for others

/** What all encrypted tunnels of the lab look like on the host's wire. */
const TUNNEL_PORTS = [WIREGUARD_PORT, OPENVPN_PORT];
const GATEWAYS = [1, 2].map((number) => gatewayAddresses(number).v4);
const UNREACHABLE = 3;
const NEIGHBOUR_DISCOVERY = [133, 134, 135, 136, 137, 143];

/** Sees everything that passes any interface of the host, and knows a probe by its mark wherever it is. */
export class Observer {
  readonly #capture = new Capture();
  readonly #reading = new Queue();
  readonly #links = new LinkNames();
  readonly #run = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  readonly #byTag = new Map<string, Sighting[]>();
  readonly #tagOfPort = new Map<number, string>();
  readonly #tagOfAddress = new Map<string, string>();
  readonly #strangers: Packet[] = [];
  readonly #unprotected: string[] = [];
  readonly #wan: string;
  #wanIndex = 0;
  #count = 0;

  /** @param wan the host's wire to the internet */
  constructor(wan: string) {
    this.#wan = wan;
  }

  async start(): Promise<void> {
    this.#wanIndex = (await listLinks()).find(({ name }) => name === this.#wan)?.index ?? 0;
    if (this.#wanIndex === 0) throw new Error(`there is no interface ${this.#wan}`);
    await this.#capture.start();
  }

  stop(): Promise<void> {
    return this.#capture.stop();
  }

  newMark(): Mark {
    const count = this.#count++;
    const tag = `lk${this.#run}${count.toString(36).padStart(6, '0')}`;
    const port = FIRST_PORT + (count % (LAST_PORT - FIRST_PORT));
    this.#byTag.set(tag, []);
    this.#tagOfPort.set(port, tag);
    return { tag, port };
  }

  /** From now on ARP for `address`, and reports of its group, are this probe's. */
  knowByAddress(address: string, { tag }: Mark): void {
    this.#tagOfAddress.set(address, tag);
  }

  /**
   * What comes from addresses that begin so is no stranger: nothing protects those who have them. Their devices talk by
   * themselves, for minutes: on Docker 28 also those that Docker has not made have IPv6, and look for routers.
   */
  expectFrom(unprotected: string): void {
    this.#unprotected.push(unprotected);
  }

  /** Reads on to this very moment. One at a time: another one would take the packet that it waits for. */
  catchUp(): Promise<void> {
    return this.#reading.run(async () => {
      await this.#capture.flush();
      await this.#links.refresh();
      for (const packet of this.#capture.take()) this.#sort(packet);
    });
  }

  /** As far as `catchUp` has read. */
  sightings({ tag }: Mark): readonly Sighting[] {
    return (this.#byTag.get(tag) ?? []).map((sighting) => ({
      ...sighting,
      linkName: this.#links.nameOf(sighting.link),
    }));
  }

  isWan = ({ link }: Sighting): boolean => link === this.#wanIndex;

  /** How many packets without a mark left by the host's wire that are neither a tunnel's nor the link's own. */
  get strangerCount(): number {
    return this.#strangers.length;
  }

  strangersSince(count: number): string[] {
    return this.#strangers.slice(count).map(describePacket);
  }

  #sort(packet: Packet): void {
    const tags = this.#tagsOf(packet);
    const { link, outgoing } = packet;
    for (const tag of tags) this.#byTag.get(tag)?.push({ tag, link, linkName: '', outgoing, packet });
    if (tags.size > 0 || link !== this.#wanIndex || !outgoing) return;
    if (!isExpected(packet) && !this.#isFromUnprotected(packet)) this.#strangers.push(packet);
  }

  #isFromUnprotected(packet: Packet): boolean {
    const from = readIp(packet)?.from ?? '';
    return this.#unprotected.some((prefix) => from.startsWith(prefix));
  }

  #tagsOf(packet: Packet): Set<string> {
    const found = new Set(packet.bytes.toString('latin1').toLowerCase().match(TAG));
    const ip = readIp(packet);
    if (ip?.protocol === PROTOCOL.tcp && ip.ports) {
      for (const port of [ip.ports.from, ip.ports.to]) {
        const tag = this.#tagOfPort.get(port);
        if (tag !== undefined) found.add(tag);
      }
    }
    for (const address of [arpTarget(packet) ?? '', ...reportedGroups(packet)]) {
      const tag = this.#tagOfAddress.get(address);
      if (tag !== undefined) found.add(tag);
    }
    return new Set([...found].filter((tag) => this.#byTag.has(tag)));
  }
}

/** A tunnel's encrypted packets, and what an idle interface says by itself. */
function isExpected(packet: Packet): boolean {
  const ip = readIp(packet);
  if (!ip) return arpTarget(packet) !== undefined;
  const toGateway = GATEWAYS.includes(ip.to);
  // A later fragment of a tunnel's large packet has no ports: what a probe is known by would be seen in it.
  if (ip.protocol === PROTOCOL.udp) return ip.ports ? TUNNEL_PORTS.includes(ip.ports.to) : toGateway;
  if (ip.protocol === PROTOCOL.tcp) return TUNNEL_PORTS.includes(ip.ports?.to ?? 0);
  // "Nobody is here": the host's own answer to a server whose client has died.
  if (ip.protocol === PROTOCOL.icmp) return toGateway && ip.payload[0] === UNREACHABLE;
  if (ip.protocol === PROTOCOL.icmp6) return NEIGHBOUR_DISCOVERY.includes(ip.payload[0] ?? -1);
  return ip.protocol === 0 || ip.protocol === PROTOCOL.igmp; // 0: hop-by-hop, as multicast listener reports have it
}
