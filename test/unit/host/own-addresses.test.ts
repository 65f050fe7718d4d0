import { describe, expect, test } from 'vitest';
import { ownAddresses, parseFibTrie, parseIfInet6 } from '../../../src/sidecar/host/own-addresses.ts';

const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.0.0/8 2 0 2
        |-- 10.1.0.0
           /24 link UNICAST
        |-- 10.1.0.7
           /32 host LOCAL
        |-- 10.1.0.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
`;

describe('ownAddresses', () => {
  test('are what the kernel delivers to itself, and to everyone on its links', () => {
    expect(parseFibTrie(TRIE)).toEqual(['10.1.0.7/32', '10.1.0.255/32', '127.0.0.0/8']);
  });

  test('are read from if_inet6', () => {
    expect(parseIfInet6('fe800000000000000000000000000001 02 40 20 80     eth0\n')).toEqual([
      'fe80:0000:0000:0000:0000:0000:0000:0001',
    ]);
  });

  test('of this machine contain loopback', async () => {
    expect(await ownAddresses()).toContain('127.0.0.1/32');
  });
});
