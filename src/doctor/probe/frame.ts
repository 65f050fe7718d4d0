import { bytesOf, familyOf } from '../../shared/ip.ts';

export interface FrameParts {
  readonly fromMac: string;
  readonly toMac: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

const ETHERTYPES = { 4: 0x0800, 6: 0x86dd } as const;
const UDP = 17;
const UDP_BYTES = 8;

/** A UDP datagram without content, from Ethernet on. RFC 768, 791, 8200 */
export function udpFrame(parts: FrameParts): Buffer {
  const family = familyOf(parts.to);
  const ethernet = Buffer.concat([macBytes(parts.toMac), macBytes(parts.fromMac), uint16(ETHERTYPES[family])]);
  const udp = Buffer.concat([uint16(parts.port), uint16(parts.port), uint16(UDP_BYTES), uint16(0)]);
  return Buffer.concat([ethernet, family === 4 ? header4(parts) : header6(parts), udp]);
}

function header4({ from, to }: FrameParts): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + UDP_BYTES, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(UDP, 9);
  bytesOf(from).copy(header, 12);
  bytesOf(to).copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function header6({ from, to }: FrameParts): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(UDP_BYTES, 4);
  header.writeUInt8(UDP, 6);
  header.writeUInt8(64, 7);
  bytesOf(from).copy(header, 8);
  bytesOf(to).copy(header, 24);
  return header;
}

/** RFC 1071 */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
