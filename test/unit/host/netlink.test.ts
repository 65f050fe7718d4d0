import { describe, expect, test } from 'vitest';
import { attribute, findAttribute, split } from '../../../src/sidecar/host/netlink.ts';

const message = (type: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  return Buffer.concat([header, body, padding]);
};

describe('split', () => {
  test('gives each message, whatever its length', () => {
    const bytes = Buffer.concat([message(16, Buffer.from('abcde')), message(3, Buffer.alloc(0))]);
    expect(split(bytes).map(({ type, body }) => [type, body.toString()])).toEqual([
      [16, 'abcde'],
      [3, ''],
    ]);
  });

  test('ends at a length that can’t be', () => {
    const bytes = Buffer.concat([message(16, Buffer.from('abcd')), Buffer.alloc(20)]);
    expect(split(bytes)).toHaveLength(1);
    expect(split(Buffer.alloc(7))).toEqual([]);
  });
});

describe('findAttribute', () => {
  const attributes = Buffer.concat([
    Buffer.alloc(2),
    Buffer.alloc(2),
    attribute(3, Buffer.from('wg\0')),
    attribute(23, Buffer.from('12345678')),
  ]);

  test('finds a value behind others', () => {
    expect(findAttribute(attributes, 4, 23)?.toString()).toBe('12345678');
    expect(findAttribute(attributes, 4, 3)?.toString()).toBe('wg\0');
  });

  test('gives none where there is none, or the bytes make no sense', () => {
    expect(findAttribute(attributes, 4, 7)).toBeUndefined();
    expect(findAttribute(Buffer.alloc(64), 0, 7)).toBeUndefined();
  });
});
