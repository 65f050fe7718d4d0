import { describe, expect, test } from 'vitest';
import { parseDump } from '../../../src/sidecar/host/wg.ts';

const PRIVATE = 'cHJpdmF0ZQ==';
const PRESHARED = 'cHJlc2hhcmVk';
const device = `${PRIVATE}\tcHVibGlj\t51820\toff`;

describe('parseDump', () => {
  test('reads every peer', () => {
    const text = [
      device,
      `one=\t(none)\t198.51.100.7:51820\t0.0.0.0/0,::/0\t1700000000\t1234\t5678\t25`,
      `two=\t${PRESHARED}\t[2001:db8::7]:51820\t(none)\t0\t0\t148\toff`,
      `three=\t(none)\t(none)\t10.0.0.0/8\t0\t0\t0\toff`,
      '',
    ].join('\n');
    expect(parseDump(text)).toEqual([
      {
        publicKey: 'one=',
        endpoint: '198.51.100.7:51820',
        latestHandshake: 1_700_000_000,
        receivedBytes: 1234,
        sentBytes: 5678,
      },
      {
        publicKey: 'two=',
        endpoint: '[2001:db8::7]:51820',
        latestHandshake: undefined,
        receivedBytes: 0,
        sentBytes: 148,
      },
      { publicKey: 'three=', endpoint: undefined, latestHandshake: undefined, receivedBytes: 0, sentBytes: 0 },
    ]);
  });

  test('a device without peers has none', () => {
    expect(parseDump(`${device}\n`)).toEqual([]);
    expect(parseDump('')).toEqual([]);
  });

  test('does not show what it does not understand', () => {
    expect(() => parseDump(`${device}\nodd\t${PRESHARED}\n`)).toThrow(
      expect.objectContaining({ message: 'reading wg show dump: unknown form' }),
    );
  });
});
