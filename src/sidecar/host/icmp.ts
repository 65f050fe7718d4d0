import type { IpFamily } from '../../shared/ip.ts';

// RFC 792, RFC 4443: type, code, checksum, identifier, sequence number.
const HEADER_BYTES = 8;
const TYPES = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;

/** ICMPv6's checksum is the kernel's to fill in: only it knows the addresses that it covers. */
export function echoRequest(family: IpFamily, id: number, sequence: number, payloadBytes: number): Buffer {
  const packet = Buffer.alloc(HEADER_BYTES + payloadBytes);
  packet.writeUInt8(TYPES[family].request, 0);
  packet.writeUInt16BE(id, 4);
  packet.writeUInt16BE(sequence, 6);
  if (family === 4) packet.writeUInt16BE(internetChecksum(packet), 2);
  return packet;
}

/** @param bytes as a raw socket gives them: with the IPv4 header, without the IPv6 one */
export function isEchoReply(family: IpFamily, bytes: Buffer, id: number): boolean {
  const offset = family === 4 ? ((bytes[0] ?? 0) & 0x0f) * 4 : 0;
  if (bytes.length < offset + HEADER_BYTES) return false;
  return bytes[offset] === TYPES[family].reply && bytes.readUInt16BE(offset + 4) === id;
}

/** RFC 1071 */
export function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
