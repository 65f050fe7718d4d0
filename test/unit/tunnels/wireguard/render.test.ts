import { describe, expect, test } from 'vitest';
import { parseWireGuard } from '../../../../src/sidecar/tunnels/wireguard/config.ts';
import { renderConfig, renderSetconf } from '../../../../src/sidecar/tunnels/wireguard/render.ts';
import { egress, PRIVATE_KEY, PUBLIC_KEY, providerFiles } from './samples.ts';

const settingsOf = (text: string | undefined) => parseWireGuard(egress(text ?? ''));
const router = settingsOf(providerFiles['a router of one’s own: networks only, a port, a search domain']);

describe('renderConfig', () => {
  test('writes what wg-quick reads', () => {
    expect(renderConfig(router)).toMatchInlineSnapshot(`
      "[Interface]
      PrivateKey = WFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFg=
      Address = 10.8.0.3/24
      DNS = 192.168.178.1, fritz.box
      MTU = 1420

      [Peer]
      PublicKey = ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISE=
      PresharedKey = cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA=
      AllowedIPs = 192.168.178.0/24, 0.0.0.0/0
      Endpoint = abc123.example.net:58529
      PersistentKeepalive = 25

      [Peer]
      PublicKey = IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=
      AllowedIPs = 10.9.0.0/16
      Endpoint = [2001:db8::7]:51821
      PersistentKeepalive = 25
      "
    `);
  });

  test.each(Object.entries(providerFiles))('reads back as the same: %s', (_, text) => {
    const settings = settingsOf(text);
    const { notices: _notices, ...same } = settingsOf(renderConfig(settings));
    expect(settings).toMatchObject(same);
    expect(renderConfig(settingsOf(renderConfig(settings)))).toBe(renderConfig(settings));
  });
});

describe('renderSetconf', () => {
  test('writes what wg setconf reads, with addresses instead of names', () => {
    expect(renderSetconf(router, ['203.0.113.9:58529', '[2001:db8::7]:51821'], new Set([4]))).toMatchInlineSnapshot(`
      "[Interface]
      PrivateKey = WFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFg=

      [Peer]
      PublicKey = ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISE=
      PresharedKey = cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA=
      AllowedIPs = 192.168.178.0/24, 0.0.0.0/0
      Endpoint = 203.0.113.9:58529
      PersistentKeepalive = 25

      [Peer]
      PublicKey = IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=
      AllowedIPs = 10.9.0.0/16
      Endpoint = [2001:db8::7]:51821
      PersistentKeepalive = 25
      "
    `);
  });

  test('leaves out a family in which the tunnel has no address', () => {
    const both = settingsOf(
      `[Interface]\nPrivateKey=${PRIVATE_KEY}\nAddress=10.2.0.2\n[Peer]\nPublicKey=${PUBLIC_KEY}\nAllowedIPs=0.0.0.0/0,::/0\nEndpoint=198.51.100.7:1`,
    );
    expect(renderSetconf(both, ['198.51.100.7:1'], new Set([4]))).toContain('AllowedIPs = 0.0.0.0/0\n');
    expect(renderSetconf(both, ['198.51.100.7:1'], new Set([4, 6]))).toContain('AllowedIPs = 0.0.0.0/0, ::/0\n');
  });
});
