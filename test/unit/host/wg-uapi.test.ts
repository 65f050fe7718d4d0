import { describe, expect, test } from 'vitest';
import { parseUapiPeers } from '../../../src/sidecar/host/wg-uapi.ts';

const KEY = Buffer.alloc(32, 1);

describe('parseUapiPeers', () => {
  test('reads every peer, and no secret', () => {
    const answer = [
      `private_key=${'aa'.repeat(32)}`,
      'listen_port=51820',
      `public_key=${KEY.toString('hex')}`,
      `preshared_key=${'bb'.repeat(32)}`,
      'endpoint=[2001:db8::7]:51820',
      'last_handshake_time_sec=1700000000',
      'tx_bytes=5678',
      'rx_bytes=1234',
      `public_key=${'02'.repeat(32)}`,
      'last_handshake_time_sec=0',
      'tx_bytes=148',
      'rx_bytes=0',
      'errno=0',
      '',
      '',
    ].join('\n');
    const [one, two] = parseUapiPeers(answer);
    expect(one).toEqual({
      publicKey: KEY.toString('base64'),
      endpoint: '[2001:db8::7]:51820',
      latestHandshake: 1_700_000_000,
      receivedBytes: 1234,
      sentBytes: 5678,
    });
    expect(two).toMatchObject({ endpoint: undefined, latestHandshake: undefined, sentBytes: 148 });
  });

  test('an answer that was cut short, or an error, is none', () => {
    expect(() => parseUapiPeers('listen_port=51820\n')).toThrow('errno missing');
    expect(() => parseUapiPeers('errno=-5\n\n')).toThrow('errno -5');
  });
});
