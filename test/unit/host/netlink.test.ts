import { describe, expect, test } from 'vitest';
import { split } from '../../../src/sidecar/host/netlink.ts';

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
