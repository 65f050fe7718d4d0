/** Packets by hand: what no socket would send. Addresses are text; everything else is bytes. */
import { isIPv6 } from 'node:net';

export const PROTOCOL = { icmp: 1, igmp: 2, ipip: 4, tcp: 6, udp: 17, sit: 41, gre: 47, esp: 50, icmp6: 58, sctp: 132 };
export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, rarp: 0x8035, vlan: 0x8100, ipv6: 0x86dd, qinq: 0x88a8 };
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, index * 2);
  return bytes;
};

export const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

export const address4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

export function address6(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return u16(...[...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16)));
}

const address = (text: string): Buffer => (isIPv6(text) ? address6(text) : address4(text));

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** `segment` with its checksum at `at`, over the pseudo header of `from` and `to`. */
function sealed(segment: Buffer, at: number, protocol: number, from: string, to: string): Buffer {
  const pseudo = Buffer.concat([address(from), address(to), u16(protocol, segment.length)]);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])) || 0xffff, at);
  return segment;
}

interface Ports {
  readonly from: number;
  readonly to: number;
}

export const udp = (from: string, to: string, ports: Ports, payload: Buffer): Buffer =>
  sealed(Buffer.concat([u16(ports.from, ports.to, 8 + payload.length, 0), payload]), 6, PROTOCOL.udp, from, to);

export const TCP_FLAGS = { syn: 0x02, ack: 0x10, synAck: 0x12, rst: 0x04, pushAck: 0x18 };

export function tcp(from: string, to: string, ports: Ports, flags: number, payload: Buffer): Buffer {
  const header = Buffer.concat([u16(ports.from, ports.to, 0x1234, 0x5678, 0, 1, 0x5000 | flags, 1024, 0, 0)]);
  return sealed(Buffer.concat([header, payload]), 16, PROTOCOL.tcp, from, to);
}

export function echo(payload: Buffer, type = 8): Buffer {
  const message = Buffer.concat([Buffer.from([type, 0]), u16(0, 0x4b53, 1), payload]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

export function igmp(type: number, group: string, payload: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, 100, 0, 0]), address4(group), payload]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** Any ICMPv6 message; `body` is what follows the checksum. */
export const icmp6 = (from: string, to: string, type: number, body: Buffer): Buffer =>
  sealed(Buffer.concat([Buffer.from([type, 0, 0, 0]), body]), 2, PROTOCOL.icmp6, from, to);

export const echo6 = (from: string, to: string, payload: Buffer): Buffer =>
  icmp6(from, to, 128, Buffer.concat([u16(0x4b53, 1), payload]));

export interface Ipv4Parts {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  /** The field as a whole: flags and offset in eights of bytes. */
  readonly fragment?: number;
  readonly id?: number;
  /** Padded to a multiple of four. */
  readonly options?: Buffer;
}

export function ipv4({ from, to, protocol, fragment = 0, id = 0x4b53, options }: Ipv4Parts, payload: Buffer): Buffer {
  const extra = options ?? Buffer.alloc(0);
  const length = 20 + extra.length;
  const header = Buffer.concat([
    Buffer.from([0x40 | (length / 4), 0]),
    u16(length + payload.length, id, fragment),
    Buffer.from([64, protocol, 0, 0]),
    address4(from),
    address4(to),
    extra,
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export const ipv6 = (from: string, to: string, next: number, payload: Buffer, hopLimit = 64): Buffer =>
  Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(payload.length),
    Buffer.from([next, hopLimit]),
    address6(from),
    address6(to),
    payload,
  ]);

/** One UDP datagram in two fragments; only the first has ports. Both carry the payload at least once. */
export function udpFragments(from: string, to: string, payload: Buffer, id: number): [Buffer, Buffer] {
  const whole = udp(from, to, { from: 4444, to: 1337 }, Buffer.concat([payload, payload, payload, payload]));
  const cut = 8 * Math.ceil((8 + 2 * payload.length) / 8);
  const part = (fragment: number, bytes: Buffer) => ipv4({ from, to, protocol: PROTOCOL.udp, fragment, id }, bytes);
  return [part(0x2000, whole.subarray(0, cut)), part(cut / 8, whole.subarray(cut))];
}

export const ethernet = (to: string, from: string, type: number, payload: Buffer): Buffer =>
  Buffer.concat([mac(to), mac(from), u16(type), payload]);

export const vlanTag = (id: number, type: number, payload: Buffer): Buffer => Buffer.concat([u16(id, type), payload]);

export interface ArpParts {
  readonly operation: 1 | 2;
  readonly from: { readonly mac: string; readonly ip: string };
  readonly to: { readonly mac: string; readonly ip: string };
}

/** An ARP message; what follows it travels along as padding. */
export const arp = ({ operation, from, to }: ArpParts, padding: Buffer): Buffer =>
  Buffer.concat([
    u16(1, ETHERTYPE.ipv4, 0x0604, operation),
    mac(from.mac),
    address4(from.ip),
    mac(operation === 1 ? '00:00:00:00:00:00' : to.mac),
    address4(to.ip),
    padding,
  ]);

/** A question for `name`: for its A record, unless told. */
export function dnsQuery(name: string, id = 0x4b53, type = 1): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([u16(id, 0x0100, 1, 0, 0, 0), ...labels, Buffer.from([0]), u16(type, 1)]);
}

/** DNS over TCP: the length comes first. */
export const withLength = (message: Buffer): Buffer => Buffer.concat([u16(message.length), message]);
