import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseOpenVpn } from '../../../../src/sidecar/tunnels/openvpn/config.ts';
import { passphraseOf } from '../../../../src/sidecar/tunnels/openvpn/signer.ts';
import { configFor } from '../../../../src/sidecar/tunnels/openvpn/versions.ts';
import { block, CERT, egress, KEY, MINIMAL } from './samples.ts';

const settingsOf = (text: string) => parseOpenVpn(egress(`${MINIMAL}${text}`));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();

describe('an OpenVPN that can’t have all signed here', () => {
  test('gets the key locked, and the passphrase is never the same for another key', () => {
    const settings = settingsOf(`${CERT}${block('key', pem)}`);
    expect(configFor(206, settings)).toBe(settings.config.reveal());
    const [, locked = ''] = /<key>\n([\s\S]*)<\/key>\n$/.exec(configFor(205, settings)) ?? [];
    expect(locked).toContain('ENCRYPTED PRIVATE KEY');
    expect(() => createPrivateKey(locked)).toThrow();
    const passphrase = settings.privateKey ? passphraseOf(settings.privateKey).reveal() : '';
    expect(createPrivateKey({ key: locked, passphrase }).equals(privateKey)).toBe(true);
    expect(passphrase).not.toBe(passphraseOf(settings.config).reveal());
    expect(passphrase).toMatch(/^[\w-]{43}$/);
  });

  test('is not started with a key that is none', () => {
    expect(() => configFor(205, settingsOf(`${CERT}${KEY}`))).toThrow(EgressError);
  });
});

test.each([
  ['mssfix 1400 mtu', 'mssfix 1352'],
  ['mssfix 1400 fixed', 'mssfix 1400'],
  ['mssfix 1400', 'mssfix 1400'],
  ['fragment 1400 mtu', 'fragment 1352'],
  ['fragment 70 mtu', 'fragment 68'],
])('%s is %s before 2.6', (line, older) => {
  const settings = settingsOf(`${line}\n`);
  expect(configFor(206, settings).split('\n')).toContain(line);
  expect(configFor(205, settings).split('\n')).toContain(older);
});
