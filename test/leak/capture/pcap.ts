import type { Captured } from '../bytes/read.ts';

/** One packet that passed an interface. */
export interface Packet extends Captured {
  /** Seconds since 1970. */
  readonly time: number;
  /** The interface's number; 0 where the capture has only one. */
  readonly link: number;
  /** Out of this interface, seen from the captured namespace. */
  readonly outgoing: boolean;
}

const ETHERNET = 1;
/** `tcpdump -i any`: which interface, which direction, then the network layer. */
const LINUX_SLL2 = 276;
const OUTGOING = 4;
const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const LITTLE_ENDIAN_MICROSECONDS = 0xa1b2c3d4;

/** Reads tcpdump's stream as it comes. */
export class PcapReader {
  packets: Packet[] = [];
  #rest = Buffer.alloc(0);
  #linkType: number | undefined;

  /** All that were read, which are forgotten here: an hour's are millions. */
  take(): Packet[] {
    const taken = this.packets;
    this.packets = [];
    return taken;
  }

  push(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    if (this.#linkType === undefined) {
      if (this.#rest.length < FILE_HEADER) return;
      if (this.#rest.readUInt32LE(0) !== LITTLE_ENDIAN_MICROSECONDS) throw new Error('not a capture of this machine');
      this.#linkType = this.#rest.readUInt32LE(20);
      at = FILE_HEADER;
    }
    while (this.#rest.length >= at + PACKET_HEADER) {
      const length = this.#rest.readUInt32LE(at + 8);
      const body = at + PACKET_HEADER;
      if (this.#rest.length < body + length) break;
      const time = this.#rest.readUInt32LE(at) + this.#rest.readUInt32LE(at + 4) / 1e6;
      this.packets.push({
        time,
        ...readLinkLayer(this.#linkType, Buffer.from(this.#rest.subarray(body, body + length))),
      });
      at = body + length;
    }
    this.#rest = this.#rest.subarray(at);
  }
}

function readLinkLayer(type: number, bytes: Buffer): Omit<Packet, 'time'> {
  if (type === LINUX_SLL2) {
    const outgoing = bytes.readUInt8(10) === OUTGOING;
    return { link: bytes.readUInt32BE(4), outgoing, ethertype: bytes.readUInt16BE(0), bytes: bytes.subarray(20) };
  }
  if (type === ETHERNET)
    return { link: 0, outgoing: false, ethertype: bytes.readUInt16BE(12), bytes: bytes.subarray(14) };
  throw new Error(`captures of link type ${type} are not read here`);
}
