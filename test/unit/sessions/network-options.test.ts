import { describe, expect, test } from 'vitest';
import { parseNetworkOptions } from '../../../src/sidecar/sessions/network-options.ts';

describe('parseNetworkOptions', () => {
  test('needs no option at all', () => {
    expect(parseNetworkOptions({})).toEqual({
      policy: 'required',
      proxy: 'kasm_proxy',
      proxy_port: [443],
      deadline: 45,
    });
  });

  test('reads every option of the contract', () => {
    const given = { policy: 'optional', proxy: 'front', proxy_port: '443, 8443', bridge: 'br_mine', deadline: '20' };
    expect(parseNetworkOptions(given)).toEqual({ ...given, proxy_port: [443, 8443], deadline: 20 });
  });

  test.each([
    ['polisy', { polisy: 'required' }],
    ['policy', { policy: 'open' }],
    ['proxy', { proxy: 'a b' }],
    ['proxy_port', { proxy_port: '443,x' }],
    ['proxy_port', { proxy_port: '0' }],
    ['proxy_port', { proxy_port: '' }],
    ['bridge', { bridge: 'a-name-that-is-too-long' }],
    ['bridge', { bridge: '../x' }],
    ['deadline', { deadline: '0' }],
    ['deadline', { deadline: 'soon' }],
  ])('names %s when it is wrong', (name, given) => {
    expect(() => parseNetworkOptions(given)).toThrow(`option ${name}:`);
  });
});
