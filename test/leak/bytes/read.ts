/** Packets as captured: enough of them to know whose they are and to show them to a person. */
import { ETHERTYPE, PROTOCOL } from './build.ts';

/** From the network layer on. */
export interface Captured {
  readonly ethertype: number;
  readonly bytes: Buffer;
}

export interface IpPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  readonly payload: Buffer;
}

const text4 = (bytes: Buffer): string => [...bytes].join('.');

/** The URL parser knows the one right way to shorten it. */
const text6 = (bytes: Buffer): string => {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};

const portsOf = (protocol: number, payload: Buffer) =>
  [PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp].includes(protocol) && payload.length >= 4
    ? { from: payload.readUInt16BE(0), to: payload.readUInt16BE(2) }
    : undefined;

/** `undefined` for everything that isn't IP, or too short to be. */
export function readIp({ ethertype, bytes }: Captured): IpPacket | undefined {
  if (ethertype === ETHERTYPE.ipv4 && bytes.length >= 20) {
    const protocol = bytes.readUInt8(9);
    const payload = bytes.subarray((bytes.readUInt8(0) & 15) * 4);
    const first = (bytes.readUInt16BE(6) & 0x1fff) === 0;
    const [from, to] = [text4(bytes.subarray(12, 16)), text4(bytes.subarray(16, 20))];
    return { from, to, protocol, ports: first ? portsOf(protocol, payload) : undefined, payload };
  }
  if (ethertype === ETHERTYPE.ipv6 && bytes.length >= 40) {
    const protocol = bytes.readUInt8(6);
    const payload = bytes.subarray(40);
    const [from, to] = [text6(bytes.subarray(8, 24)), text6(bytes.subarray(24, 40))];
    return { from, to, protocol, ports: portsOf(protocol, payload), payload };
  }
  return undefined;
}

/** Who is asked for: `undefined` for everything but ARP for IPv4. */
export const arpTarget = ({ ethertype, bytes }: Captured): string | undefined =>
  ethertype === ETHERTYPE.arp && bytes.length >= 28 ? text4(bytes.subarray(24, 28)) : undefined;

/** RFC 3376 4.2, 2236, 3810 5.2: which groups a host tells its link of. Empty for every other packet. */
export function reportedGroups(packet: Captured): string[] {
  const ip = readIp(packet);
  const type = ip?.payload[0];
  if (ip?.protocol === PROTOCOL.igmp) {
    if (type === 0x22) return records(ip.payload, 4, text4);
    return ip.payload.length >= 8 ? [text4(ip.payload.subarray(4, 8))] : [];
  }
  // The router-alert option stands before it, in eight bytes.
  const message = ip?.protocol === 0 && type === PROTOCOL.icmp6 ? ip.payload.subarray(8) : undefined;
  return message?.[0] === 143 ? records(message, 16, text6) : [];
}

/** A report's records from byte 8 on: four bytes, the group, its sources. */
function records(report: Buffer, size: 4 | 16, text: (bytes: Buffer) => string): string[] {
  const groups: string[] = [];
  for (let at = 8; at + 4 + size <= report.length; at += 4 + size + size * report.readUInt16BE(at + 2))
    groups.push(text(report.subarray(at + 4, at + 4 + size)));
  return groups;
}

const protocolName = (protocol: number): string =>
  Object.entries(PROTOCOL).find(([, number]) => number === protocol)?.[0] ?? `protocol ${protocol}`;

const flagsOf = ({ protocol, payload }: IpPacket): string => {
  if (protocol !== PROTOCOL.tcp || payload.length < 14) return '';
  const bits = payload.readUInt8(13);
  return ` [${['F', 'S', 'R', 'P', 'A'].filter((_, index) => bits & (1 << index)).join('')}]`;
};

/** `203.0.113.1:20012 > 203.0.113.80:443 tcp [S], 60 bytes`. */
export function describePacket(packet: Captured): string {
  const size = `, ${packet.bytes.length} bytes`;
  const asked = arpTarget(packet);
  if (asked !== undefined) return `ARP for ${asked} from ${text4(packet.bytes.subarray(14, 18))}${size}`;
  const ip = readIp(packet);
  if (!ip) return `ethertype 0x${packet.ethertype.toString(16).padStart(4, '0')}${size}`;
  const end = (address: string, port: number | undefined) => (port === undefined ? address : `${address}:${port}`);
  const between = `${end(ip.from, ip.ports?.from)} > ${end(ip.to, ip.ports?.to)}`;
  return `${between} ${protocolName(ip.protocol)}${flagsOf(ip)}${size}`;
}
