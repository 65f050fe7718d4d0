import { describe, expect, test } from 'vitest';
import { clientAddresses, gatewayAddresses } from '../../../lab/addresses.ts';

describe('a gateway’s clients', () => {
  test('are counted from 1, after the gateway itself', () => {
    expect(clientAddresses(1, 1)).toEqual({ v4: '10.64.1.2', v6: 'fd64:1::2' });
    expect(clientAddresses(2, 253)).toEqual({ v4: '10.64.2.254', v6: 'fd64:2::fe' });
  });

  test('go on beyond 254', () => {
    expect(clientAddresses(1, 255)).toEqual({ v4: '10.64.17.0', v6: 'fd64:1::100' });
    expect(clientAddresses(2, 600)).toEqual({ v4: '10.64.34.89', v6: 'fd64:2::259' });
  });

  test('never share an address, with each other or with a gateway', () => {
    const gateways = [1, 2, 9];
    const clients = Array.from({ length: 2000 }, (_, index) => index + 1);
    const all = [
      ...gateways.map((gateway) => gatewayAddresses(gateway).inner4),
      ...gateways.flatMap((gateway) => clients.map((client) => clientAddresses(gateway, client).v4)),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
