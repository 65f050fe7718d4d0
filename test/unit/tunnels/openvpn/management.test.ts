import { createVerify, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/shared/secret.ts';
import { failureIn, refusalOf, UnreadablePackets } from '../../../../src/sidecar/tunnels/openvpn/failures.ts';
import { parseManagementLine, quoteParameter } from '../../../../src/sidecar/tunnels/openvpn/management-message.ts';
import { planArguments } from '../../../../src/sidecar/tunnels/openvpn/process.ts';
import { parsePushed, pushedLines } from '../../../../src/sidecar/tunnels/openvpn/push-reply.ts';
import { readPrivateKey, signatureCommand, signFor } from '../../../../src/sidecar/tunnels/openvpn/signer.ts';

/** Lines as OpenVPN 2.6.14 wrote them. */
describe('parseManagementLine', () => {
  test.each([
    [
      '>STATE:1795244438,CONNECTED,SUCCESS,10.8.0.2,203.0.113.11,1194,,,fd08::1000',
      { kind: 'state', state: 'CONNECTED', detail: 'SUCCESS', remote: '203.0.113.11:1194' },
    ],
    [
      '1795244438,CONNECTED,SUCCESS,10.8.0.2,2001:db8::1,1194,,,',
      { kind: 'state', state: 'CONNECTED', detail: 'SUCCESS', remote: '[2001:db8::1]:1194' },
    ],
    ['>STATE:1795244372,WAIT,,,,,,', { kind: 'state', state: 'WAIT', detail: '', remote: undefined }],
    [">PASSWORD:Need 'Auth' username/password", { kind: 'credentials', challenge: undefined }],
    [
      ">PASSWORD:Need 'Auth' username/password SC:1,Your PIN",
      { kind: 'credentials', challenge: { concatenate: false } },
    ],
    [
      ">PASSWORD:Need 'Auth' username/password SC:3,Your PIN",
      { kind: 'credentials', challenge: { concatenate: true } },
    ],
    [">PASSWORD:Need 'Private Key' password", { kind: 'passphrase' }],
    [">PASSWORD:Verification Failed: 'Auth'", { kind: 'refused', what: 'Auth', text: '' }],
    ['>BYTECOUNT:2140,2331', { kind: 'bytes', received: 2140, sent: 2331 }],
    ['>PK_SIGN:AAAA,ECDSA,hashalg=SHA256', { kind: 'sign', data: 'AAAA', algorithm: 'ECDSA,hashalg=SHA256' }],
    ['>LOG:1795244438,W,one, two', { kind: 'log', text: 'one, two' }],
    ['1795244438,I,said before', { kind: 'history', text: 'said before' }],
    ['>FATAL:no', { kind: 'fatal', text: 'no' }],
    ['SUCCESS: pk-sign command succeeded', undefined],
    ['>HOLD:Waiting for hold release:0', undefined],
    ['>INFO:OpenVPN Management Interface Version 5', undefined],
  ])('%s', (line, message) => {
    expect(parseManagementLine(line)).toEqual(message);
  });
});

test('a parameter keeps blanks, quotes and backslashes', () => {
  expect(quoteParameter('pa ss"w\\rd')).toBe('"pa ss\\"w\\\\rd"');
});

test('the longest password and answer in one, all quotes, fit into one command', () => {
  const command = `password "Auth" ${quoteParameter('"'.repeat(2 * 240))}`;
  expect(Buffer.byteLength(command)).toBeLessThanOrEqual(1_000);
});

describe('parsePushed', () => {
  test('takes addresses, resolvers and the MTU, and nothing else', () => {
    const text =
      'dhcp-option DNS 10.8.0.1,route 10.99.0.0 255.255.0.0,redirect-gateway def1,ifconfig-ipv6 fd08::1000/64 fd08::1,' +
      'ifconfig 10.8.0.2 255.255.255.0,dhcp-option DOMAIN corp.test,dns server 1 address 10.8.0.9 [fd08::9],tun-mtu 1400';
    expect(parsePushed(text.split(','))).toEqual({
      addresses: ['10.8.0.2/32', 'fd08::1000/128'],
      dns: ['10.8.0.1', '10.8.0.9', 'fd08::9'],
      searchDomains: ['corp.test'],
      mtu: 1400,
    });
  });

  test.each([
    'ifconfig 127.0.0.1 255.0.0.0',
    'ifconfig 0.0.0.0 0.0.0.0',
    'ifconfig 224.0.0.1 10.0.0.1',
    'ifconfig 10.0.0.1;x 10.0.0.2',
    'ifconfig-ipv6 ::1/128 ::2',
    'ifconfig-ipv6 fe80::1/64 fe80::2',
    'dhcp-option DNS 127.0.0.11',
    'dhcp-option DNS 169.254.169.254',
    'dhcp-option DNS nameserver\n127.0.0.1',
    'dhcp-option DOMAIN a;b',
    'dhcp-option DOMAIN -x',
    'tun-mtu 65535',
    'tun-mtu 68',
    'setenv-safe A B',
    'up /bin/sh',
  ])('nothing of: %s', (text) => {
    expect(parsePushed([text])).toEqual({ addresses: [], dns: [], searchDomains: [], mtu: undefined });
  });

  test('knows the message only where OpenVPN itself wrote it', () => {
    expect(pushedLines("PUSH: Received control message: 'PUSH_REPLY,tun-mtu 1400,ping 5'")).toEqual([
      'tun-mtu 1400',
      'ping 5',
    ]);
    expect(pushedLines("x PUSH: Received control message: 'PUSH_REPLY,tun-mtu 1400'")).toBeUndefined();
  });
});

describe('failureIn', () => {
  test.each([
    ['VERIFY ERROR: depth=0, error=certificate has expired: CN=server, serial=1', 'SERVER_CERTIFICATE_EXPIRED'],
    ['VERIFY ERROR: depth=0, error=unable to get local issuer certificate: CN=x', 'SERVER_CERTIFICATE_UNTRUSTED'],
    ['VERIFY ERROR: depth=0, error=CA signature digest algorithm too weak: CN=server', 'SERVER_CERTIFICATE_WEAK'],
    ['VERIFY ERROR: depth=0, error=EE certificate key too weak: CN=server', 'SERVER_CERTIFICATE_WEAK'],
    ['OpenSSL: error:0A00018F:SSL routines::ee key too small:', 'CLIENT_CERTIFICATE_WEAK'],
    ['OpenSSL: error:140AB18F:SSL routines:SSL_CTX_use_certificate:ee key too small', 'CLIENT_CERTIFICATE_WEAK'],
    ['OpenSSL: error:0A000102:SSL routines::unsupported protocol:', 'TLS_VERSION_TOO_OLD'],
    ['OpenSSL: error:0A00018A:SSL routines::dh key too small', 'TLS_VERSION_TOO_OLD'],
    [
      'OPTIONS ERROR: server pushed compression settings that are not allowed and will result in a non-working connection. See also allow-compression in the manual.',
      'COMPRESSION_REQUIRED',
    ],
    ['VERIFY X509NAME ERROR: CN=server, must be other.test', 'SERVER_NAME_WRONG'],
    ['VERIFY KU ERROR', 'SERVER_NAME_WRONG'],
    ['tls-crypt unwrap error: packet authentication failed', 'TLS_KEY_MISMATCH'],
    ['WARNING: Bad encapsulated packet length from peer (5635), which must be > 0', 'NOT_OPENVPN'],
    ['OpenSSL: error:0A000413:SSL routines::sslv3 alert unsupported certificate', undefined],
    ['Initialization Sequence Completed', undefined],
  ])('%s', (line, code) => {
    expect(failureIn(line)?.code).toBe(code);
  });

  test('a refusal is the login’s, the key’s, or a question that nobody can answer', () => {
    expect(refusalOf('Auth', '').code).toBe('AUTH_FAILED');
    expect(refusalOf('Auth', "['CRV1:R,E:id:name:Code?']").code).toBe('CHALLENGE_UNSUPPORTED');
    expect(refusalOf('Private Key', '').code).toBe('KEY_PASSPHRASE_WRONG');
    const noCipher = "['Data channel cipher negotiation failed (no shared cipher)']";
    expect(refusalOf('Auth', noCipher).code).toBe('CIPHER_MISMATCH');
  });

  test.each([
    ['Bad compression stub decompression header byte: 102', 'COMPRESSION_REQUIRED'],
    ['Bad compression stub decompression header byte: 105', 'COMPRESSION_REQUIRED'],
    ['Bad compression stub decompression header byte: 69', 'COMPRESSION_MISMATCH'],
    ['write to TUN/TAP : Invalid argument (fd=-1,code=22)', 'COMPRESSION_MISMATCH'],
    ['write to TUN/TAP : Invalid argument (code=22)', 'COMPRESSION_MISMATCH'],
  ])('%s: not at once, but when it goes on', (line, code) => {
    const packets = new UnreadablePackets();
    const seen = Array.from({ length: 5 }, () => packets.see(line)?.code);
    expect(seen).toEqual([undefined, undefined, undefined, undefined, code]);
  });

  test('compression that 2.5 refuses and goes on without, at once', () => {
    const line = "Options error: Cannot set comp-lzo to 'yes', allow-compression is set to 'no'";
    expect(new UnreadablePackets().see(line)?.code).toBe('COMPRESSION_REQUIRED');
    expect(new UnreadablePackets().see('Initialization Sequence Completed')).toBeUndefined();
  });
});

describe('the external key', () => {
  const pemOf = ({ privateKey }: { privateKey: KeyObject }) =>
    new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const message = Buffer.from('what TLS wants signed');

  test.each([
    ['RSA_PKCS1_PSS_PADDING,hashalg=SHA256,saltlen=digest,data=message', { padding: 6, saltLength: -1 }],
    ['RSA_PKCS1_PADDING,hashalg=SHA256,data=message', { padding: 1 }],
  ])('RSA: %s', (algorithm, options) => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signature = signFor(readPrivateKey(pemOf(pair)), message.toString('base64'), algorithm);
    expect(verify('SHA256', message, { key: pair.publicKey, ...options }, Buffer.from(signature, 'base64'))).toBe(true);
  });

  test('ECDSA', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = readPrivateKey(pemOf(pair));
    const signature = signFor(key, message.toString('base64'), 'ECDSA,hashalg=SHA256,data=message');
    expect(createVerify('SHA256').update(message).verify(pair.publicKey, signature, 'base64')).toBe(true);
  });

  test('what was not announced is refused', () => {
    const key = readPrivateKey(pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })));
    expect(() => signFor(key, 'AAAA', 'ECDSA')).toThrow('not supported');
  });

  test('one that is encrypted is not tried here: that may take as long as a tenant likes', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' });
    expect(() => readPrivateKey(new Secret(pem.toString()))).toThrow();
  });

  test('goes over in short lines', () => {
    expect(signatureCommand('A'.repeat(100))).toEqual(['pk-sig', 'A'.repeat(64), 'A'.repeat(36), 'END']);
  });
});

describe('planArguments', () => {
  const place = { folder: '/run/x', hostDevice: 'kst0' };
  test('ours come after the config, and end what a config may have begun; only a default stands before it', () => {
    const argv = planArguments(place, { privateKey: undefined }, 206);
    const at = argv.indexOf('--config');
    expect(argv.slice(0, at)).toEqual(['--connect-timeout', '4']);
    expect(argv.slice(at).join(' ')).toMatchInlineSnapshot(
      `"--config /run/x/openvpn/openvpn.conf --client --dev kst0 --dev-type tun --script-security 0 --ifconfig-noexec --route-noexec --allow-recursive-routing --management /run/x/openvpn/management.sock unix --management-client-user root --management-hold --management-query-passwords --auth-retry none --persist-tun --persist-key --nobind --socket-flags TCP_NODELAY --connect-retry 1 5 --hand-window 20 --verb 3 --mute 30 --disable-dco"`,
    );
  });
  test('a key that signs here is announced, and nothing of it is in the arguments', () => {
    const argv = planArguments(place, { privateKey: new Secret('-----BEGIN') }, 206).join(' ');
    expect(argv).toContain('--management-external-key pkcs1 pss digest');
    expect(argv).not.toContain('BEGIN');
    expect(planArguments(place, { privateKey: new Secret('-----BEGIN') }, 205).join(' ')).not.toContain('external-key');
  });
  test('each version gets what it knows', () => {
    const has = (version: number, option: string) =>
      planArguments(place, { privateKey: undefined }, version).includes(option);
    expect([has(205, '--disable-dco'), has(206, '--disable-dco')]).toEqual([false, true]);
    expect([has(206, '--dns-updown'), has(207, '--dns-updown')]).toEqual([false, true]);
  });
});
