import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { checkLiteralPeers, type HostView, resolvePeers } from '../../../src/sidecar/tunnels/peer-address.ts';
import { isHostname, parsePeerEndpoint, renderPeerEndpoint } from '../../../src/sidecar/tunnels/peer-endpoint.ts';
import { carriedAddresses, type PeerRules, refusalOf } from '../../../src/sidecar/tunnels/peer-refusal.ts';

const rules: PeerRules = {
  own: ['192.168.1.5', '192.168.1.255/32', '2001:db8:5::5'],
  docker: ['172.18.0.0/16', 'fd00:d0::/64'],
  allow: [],
};

describe('refusalOf', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'this host'],
    ['0.1.2.3', 'this host'],
    ['::', 'this host'],
    ['169.254.169.254', 'link-local'],
    ['169.254.0.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fd00:ec2::254', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['224.0.0.251', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'broadcast'],
    ['192.168.1.5', 'own'],
    ['192.168.1.255', 'own'],
    ['2001:db8:5::5', 'own'],
    ['172.18.3.4', 'Docker'],
    ['fd00:d0::9', 'Docker'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:c0a8:105', 'own'],
    ['::127.0.0.1', 'loopback'],
    ['::ffff:0:127.0.0.1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['64:ff9b::ac12:304', 'Docker'],
    ['64:ff9b:1::c633:6407', 'local NAT64'],
    ['2002:7f00:1::1', 'loopback'],
    ['2002:c0a8:105::1', 'own'],
    ['2001:0:4136:e378:8000:63bf:80ff:fffe', 'loopback'],
  ])('refuses %s', (address, reason) => {
    expect(refusalOf(address, rules)).toContain(reason);
  });

  test.each([
    '198.51.100.7',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.6',
    '100.64.0.1',
    '2001:db8::7',
    'fd12::1',
    '64:ff9b::c633:6407',
    '::ffff:198.51.100.7',
    '2002:c633:6407::1',
  ])('lets %s through', (address) => {
    expect(refusalOf(address, rules)).toBeUndefined();
  });

  test('lets through what an operator allows, also inside another form', () => {
    const allowed = { ...rules, allow: ['127.0.0.0/30', '172.18.0.0/16', 'fe80::/64'] };
    for (const address of ['127.0.0.1', '172.18.3.4', 'fe80::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1']) {
      expect(refusalOf(address, allowed)).toBeUndefined();
    }
    expect(refusalOf('127.0.0.4', allowed)).toContain('loopback');
  });

  test('knows which IPv4 address an IPv6 address carries', () => {
    expect(carriedAddresses('64:ff9b::c000:221')).toEqual(['192.0.2.33']);
    expect(carriedAddresses('2002:c000:221::')).toEqual(['192.0.2.33']);
    expect(carriedAddresses('2001:db8::1')).toEqual([]);
    expect(carriedAddresses('192.0.2.33')).toEqual([]);
  });
});

const policy = { forbidden: async () => rules.docker, allow: [] };
const hostWith = (names: Record<string, string[]>) => ({
  lookup: vi.fn(async (name: string) => names[name] ?? Promise.reject(new Error('ENOTFOUND'))),
  ownAddresses: async () => rules.own,
  lookupTimeoutMs: 1000,
});
const at = (text: string) => parsePeerEndpoint(text) ?? { host: '', port: 0 };

describe('resolvePeers', () => {
  test('gives an address back as it is, without a lookup', async () => {
    const host = hostWith({});
    expect(await resolvePeers([at('198.51.100.7:1'), at('[2001:db8::7]:1')], policy, host)).toEqual([
      ['198.51.100.7'],
      ['2001:db8::7'],
    ]);
    expect(host.lookup).not.toHaveBeenCalled();
  });

  test('looks a name up once, however many servers have it', async () => {
    const host = hostWith({ 'vpn.test': ['198.51.100.7', '2001:db8::7'] });
    const both = ['198.51.100.7', '2001:db8::7'];
    expect(await resolvePeers([at('vpn.test:1'), at('vpn.test:2')], policy, host)).toEqual([both, both]);
    expect(host.lookup).toHaveBeenCalledTimes(1);
  });

  test('passes over refused addresses of a name', async () => {
    const host = hostWith({ 'vpn.test': ['127.0.0.1', '198.51.100.7', '172.18.0.1'] });
    expect(await resolvePeers([at('vpn.test:1')], policy, host)).toEqual([['198.51.100.7']]);
  });

  test('refuses a name that only leads to refused addresses', async () => {
    const host = hostWith({ 'rebind.test': ['127.0.0.1', '169.254.169.254'] });
    await expect(resolvePeers([at('rebind.test:1')], policy, host)).rejects.toMatchObject({
      code: 'ENDPOINT_REFUSED',
      message: 'the VPN server rebind.test is refused: it is a loopback address',
    });
  });

  test.each(['127.0.0.1:1', '[::ffff:127.0.0.1]:1', '172.18.0.5:1'])('refuses %s', async (peer) => {
    await expect(resolvePeers([at(peer)], policy, hostWith({}))).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
  });

  test.each([{ 'vpn.test': [] }, { 'vpn.test': ['not an address'] }, {}])(
    'says so when a name has no address',
    async (names) => {
      await expect(resolvePeers([at('vpn.test:1')], policy, hostWith(names as never))).rejects.toMatchObject({
        code: 'ENDPOINT_UNRESOLVED',
        details: { name: 'vpn.test' },
      });
    },
  );

  test('does not wait for a resolver that never answers', async () => {
    const host: HostView = {
      lookup: () => new Promise(() => undefined),
      ownAddresses: async () => [],
      lookupTimeoutMs: 20,
    };
    await expect(resolvePeers([at('vpn.test:1')], policy, host)).rejects.toMatchObject({ code: 'ENDPOINT_UNRESOLVED' });
  });
});

describe('checkLiteralPeers', () => {
  test('refuses addresses without looking names up', async () => {
    const host = hostWith({});
    const check = checkLiteralPeers(['127.0.0.1:1', 'vpn.test:1', '198.51.100.7:1', '[fe80::1]:1'], policy, host);
    await expect(check).rejects.toMatchObject({
      code: 'ENDPOINT_REFUSED',
      fields: [
        { pointer: '/egress/config', reason: 'the VPN server 127.0.0.1 is refused: it is a loopback address' },
        { pointer: '/egress/config', reason: 'the VPN server fe80::1 is refused: it is a link-local address' },
      ],
    });
    expect(host.lookup).not.toHaveBeenCalled();
  });

  test('asks nobody about names alone', async () => {
    const forbidden = vi.fn();
    await checkLiteralPeers(['vpn.test:1'], { forbidden, allow: [] });
    expect(forbidden).not.toHaveBeenCalled();
  });
});

describe('the syntax of an endpoint', () => {
  test('reads back as the same', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const endpoint = parsePeerEndpoint(name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`);
        if (endpoint) expect(parsePeerEndpoint(renderPeerEndpoint(endpoint))).toEqual(endpoint);
      }),
    );
  });

  test.each([
    'localhost',
    'vpn.example.com',
    'vpn.example.com.',
    'a_b.test',
    'xn--bcher-kva.example',
    '1.2.3.4.example',
  ])('%s is a name', (name) => expect(isHostname(name)).toBe(true));

  test.each([
    '',
    '.',
    'a..b',
    '-a.test',
    'a-.test',
    '127.1',
    '1.2.3.4',
    '0x7f',
    '0X',
    'a b',
    'a/b',
    'bücher.example',
    `${'a.'.repeat(127)}aa`,
  ])('%j is no name', (name) => expect(isHostname(name)).toBe(false));
});
