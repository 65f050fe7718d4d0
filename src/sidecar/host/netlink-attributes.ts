const ATTRIBUTE_HEADER_BYTES = 4;
/** Without the flags in the type's upper bits. */
const TYPE_MASK = 0x3fff;

/** Netlink's attributes, struct rtattr or nlattr: length and type, the value, and then on to the next multiple of four. */
export function readAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let offset = 0; offset + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < ATTRIBUTE_HEADER_BYTES) break;
    const type = bytes.readUInt16LE(offset + 2) & TYPE_MASK;
    found.set(type, bytes.subarray(offset + ATTRIBUTE_HEADER_BYTES, offset + length));
    offset += (length + 3) & ~3;
  }
  return found;
}

/** One attribute. Several values stand one after the other, as attributes within an attribute do. */
export function attribute(type: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  const length = ATTRIBUTE_HEADER_BYTES + value.length;
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, ATTRIBUTE_HEADER_BYTES);
  return bytes;
}

export const u8 = (value: number): Buffer => Buffer.of(value);
export const text = (value: string): Buffer => Buffer.from(`${value}\0`);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
