import { describe, expect, test } from 'vitest';
import type { IpFamily } from '../../../../src/shared/ip.ts';
import { parseWireGuard } from '../../../../src/sidecar/tunnels/wireguard/config.ts';
import { renderConfig, renderSetconf, renderUapi } from '../../../../src/sidecar/tunnels/wireguard/render.ts';
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
    expect(
      renderSetconf(router, { endpoints: ['203.0.113.9:58529', '[2001:db8::7]:51821'], families: new Set([4]) }),
    ).toMatchInlineSnapshot(`
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
    const pinned = (families: IpFamily[]) => ({ endpoints: ['198.51.100.7:1'], families: new Set(families) });
    expect(renderSetconf(both, pinned([4]))).toContain('AllowedIPs = 0.0.0.0/0\n');
    expect(renderSetconf(both, pinned([4, 6]))).toContain('AllowedIPs = 0.0.0.0/0, ::/0\n');
    expect(renderUapi(both, pinned([4]))).not.toContain('allowed_ip=::/0');
  });
});

test('renderUapi writes the same for wireguard-go’s own socket', () => {
  const pinned = { endpoints: ['203.0.113.9:58529', '[2001:db8::7]:51821'], families: new Set<IpFamily>([4]) };
  expect(renderUapi(router, pinned)).toMatchInlineSnapshot(`
    "private_key=5858585858585858585858585858585858585858585858585858585858585858
    replace_peers=true
    public_key=2121212121212121212121212121212121212121212121212121212121212121
    preshared_key=7070707070707070707070707070707070707070707070707070707070707070
    endpoint=203.0.113.9:58529
    persistent_keepalive_interval=25
    replace_allowed_ips=true
    allowed_ip=192.168.178.0/24
    allowed_ip=0.0.0.0/0
    public_key=2222222222222222222222222222222222222222222222222222222222222222
    endpoint=[2001:db8::7]:51821
    persistent_keepalive_interval=25
    replace_allowed_ips=true
    allowed_ip=10.9.0.0/16
    "
  `);
});
