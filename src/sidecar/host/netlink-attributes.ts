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
