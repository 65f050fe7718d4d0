import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseOpenVpn } from '../../../../src/sidecar/tunnels/openvpn/config.ts';
import { decide } from '../../../../src/sidecar/tunnels/openvpn/pushed.ts';
import type { OpenVpnSettings } from '../../../../src/sidecar/tunnels/openvpn/settings.ts';
import {
  block,
  CA,
  CERT,
  egress,
  KEY,
  MINIMAL,
  type More,
  PASSWORD,
  pem,
  providerFiles,
  STATIC_KEY,
  TLS_AUTH,
  TLS_CRYPT,
  USERNAME,
} from './samples.ts';

const parse = (config: string, more?: More): OpenVpnSettings => parseOpenVpn(egress(config, more));
const output = (config: string, more?: More): string => parse(config, more).config.reveal();
const outputLines = (config: string, more?: More): string[] => output(config, more).split('\n');

function refusal(config: string, more?: More): EgressError {
  try {
    parse(config, more);
  } catch (error) {
    if (error instanceof EgressError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
const reasons = (config: string, more?: More): string[] => refusal(config, more).fields.map(({ reason }) => reason);
const pointers = (config: string, more?: More): string[] => refusal(config, more).fields.map(({ pointer }) => pointer);
const noticed = (config: string): string[] =>
  parse(config).notices.map(({ line, directive, message }) => `${line} ${directive}: ${message}`);

const BASE = 'client\ndev tun\nremote 198.51.100.7\nremote-cert-tls server\n';

describe('what providers hand out', () => {
  test.each(Object.entries(providerFiles))('%s', (_, text) => {
    const settings = parse(text);
    expect({ ...settings, config: settings.config.reveal() }).toMatchSnapshot();
  });
});

/** E5: each of these makes OpenVPN itself run a program. */
describe('spellings of a hook', () => {
  test.each([
    'up /bin/sh',
    '"up" /bin/sh',
    "'up' /bin/sh",
    '--up /bin/sh',
    '"--up" /bin/sh',
    ' \t up\t/bin/sh',
    'setenv opt up /bin/sh',
    'setenv opt setenv opt up /bin/sh',
    '\'setenv\' "opt" --up /bin/sh',
    'UP /bin/sh',
    '<up>\n/bin/sh\n</up>',
    'plugin /bin/sh',
    'setenv opt plugin /bin/sh',
    'nobind up /bin/sh',
    '<connection>\nremote 192.0.2.1\nup /bin/sh\n</connection>',
    'route-up /bin/sh\nscript-security 3',
    'tls-groups X25519 up /bin/sh',
  ])('%j is dropped', (line) => {
    expect(output(`${MINIMAL}${line}\n`)).not.toMatch(/sh\b|script|plugin|up\b/);
  });

  test.each([
    ['u\\p /bin/sh', 'line 99: holds a backslash, which OpenVPN reads as an escape: write the value without it'],
    ['up\u0000 /bin/sh', 'line 99: holds a control character'],
    ['remote 192.0.2.1\rup /bin/sh', 'line 99: holds a control character'],
    ['up "/bin/sh', 'line 99: a quotation is not closed'],
    ['config other.ovpn', 'line 99: config: no other file is read: put its lines here'],
    [`auth ${'x'.repeat(300)}`, 'line 99: longer than 254 bytes'],
    [`auth ${'x '.repeat(20)}`, 'line 99: more than 16 words'],
    ['<up>', 'line 99: the block that begins here has no end tag'],
  ])('%j is refused', (line, reason) => {
    const number = MINIMAL.split('\n').length;
    expect(reasons(`${MINIMAL}${line}\n`)).toEqual([reason.replace('99', String(number))]);
  });

  test('long comments are none', () => {
    expect(noticed(`${MINIMAL}# ${'x\\'.repeat(300)}\n;${'x '.repeat(300)}\n   #\n`)).toEqual([]);
  });
});

describe('a line that made the tunnel safer is never cleaned away', () => {
  test.each([
    'secret static.key',
    'tls-verify /bin/check',
    'tls-remote server',
    'http-proxy 192.0.2.3 8080',
    'socks-proxy 192.0.2.3',
    'scramble obfuscate xyz',
    'setenv opt tls-verify /bin/check',
    'ca ca.crt',
    'crl-verify crl.pem',
    'tls-auth ta.key 1',
    'tls-auth [inline] 1',
    'tls-crypt ta.key',
    'remote-cert-tsl server',
    'verify-x509-name\u00a0server name',
    'remote-cert-tls=server',
    'Verify-X509-Name server name',
    '<tls-crpyt>\nx\n</tls-crpyt>',
    'remote-cert-tls client',
    'ns-cert-type client',
    'tls-version-min 1.x',
    'tls-version-max 1.1',
    'tls-version-min 1.3\ntls-version-max 1.2',
    'cipher none',
    'cipher BF-CBC',
    'data-ciphers BF-CBC:none',
    'auth none',
    'fragment many',
    'verify-hash 00:11',
    'verify-x509-name ""',
    'verify-x509-name "a\tb"',
    'peer-fingerprint 00',
    'key-direction 2',
    'allow-compression yes x\nverify-x509-name a name b',
    'mode server',
    'server 10.8.0.0 255.255.255.0',
    'dev tap',
    'dev-type tap',
    'pkcs11-id x',
    'cryptoapicert x',
    'nobind remote-cert-tls client',
    'script-security 2 remote-cert-tls client',
    'compress zip',
    'proto sctp',
    'remote a.test\nport 99999',
    'remote 127.1',
  ])('%j', (line) => {
    expect(pointers(`${MINIMAL}${line}\n`)).toContain('/egress/config');
  });
});

describe('a line that can go is no reason to refuse', () => {
  test.each([
    ['sndbuf large', 'it is not a number from 0 to 16777216; the line is dropped'],
    ['float please', 'it has more than 0 parameters: are there two directives in the line?; the line is dropped'],
    ['block-outside-dns', 'means something on Windows only'],
    ['</html>', 'nothing is open that it could end; it is dropped'],
    ['tls-cert-profile legacy', 'keys of 1,024 bits are taken, which are not safe any more'],
    [
      'allow-compression asym',
      'what the server compresses is read, which can give encrypted text away; nothing sent is compressed',
    ],
    ['inactive 60', 'the tunnel stays up as long as its session'],
    ['no-replay', 'replay protection stays on'],
    ['cipher BF-CBC\ndata-ciphers AES-256-GCM', 'a cipher that does not protect is never used'],
    ['hunter2 is my password', 'OpenVPN has no such directive; the line is dropped'],
    ['persist-tum', 'OpenVPN has no such directive (persist-tun?); the line is dropped'],
  ])('%j', (line, message) => {
    expect(parse(`${MINIMAL}${line}\n`).notices.map((notice) => notice.message)).toEqual([message]);
  });
});

describe('remotes', () => {
  const at = (text: string) => parse(`client\ndev tun\nremote-cert-tls server\nauth-user-pass\n${CA}${text}`).remotes;

  test('take port and protocol from the rest of the config', () => {
    expect(at('remote a.test\nremote b.test 53\nremote c.test 443 tcp4-client\nproto udp6\nport 1195\n')).toEqual([
      { host: 'a.test', port: 1195, protocol: 'udp', family: 6 },
      { host: 'b.test', port: 53, protocol: 'udp', family: 6 },
      { host: 'c.test', port: 443, protocol: 'tcp', family: 4 },
    ]);
  });

  test('stand in <connection> as well, which wins', () => {
    expect(
      at(
        'proto tcp\nremote x.test\n<connection>\nremote a.test\nport 7\n</connection>\n<connection>\nremote b.test 8 udp\n</connection>\n',
      ),
    ).toEqual([
      { host: 'a.test', port: 7, protocol: 'tcp' },
      { host: 'b.test', port: 8, protocol: 'udp' },
    ]);
  });

  test('are no more than a few names', () => {
    const lines = Array.from({ length: 70 }, (_, index) => `remote h${index}.test\nremote 192.0.2.${index}\n`);
    const remotes = at(lines.join(''));
    expect(remotes).toHaveLength(64);
    expect(remotes.filter(({ host }) => host.endsWith('.test'))).toHaveLength(8);
  });

  test.each([
    '',
    'remote a..test\n',
    'remote [2001:db8::1] 1194\n',
    'remote a.test 0\n',
    'remote a.test 1 tcp-server\n',
  ])('%j is refused', (text) => {
    expect(() => at(text)).toThrow(EgressError);
  });

  const pair = (first: string, second: string): string =>
    `client\ndev tun\nremote-cert-tls server\nauth-user-pass\n${CA}<connection>\nremote a.test\n${first}</connection>\n<connection>\nremote b.test\n${second}</connection>\n`;

  test('share what all of them have', () => {
    expect(output(pair(TLS_CRYPT, TLS_CRYPT))).toContain('<tls-crypt>');
    expect(reasons(pair(TLS_CRYPT, ''))[0]).toMatch(/tls-crypt differs between the <connection> blocks/);
    expect(reasons(pair('fragment 1300\n', 'fragment 1200\n'))[0]).toMatch(/fragment differs/);
    expect(outputLines(pair('mssfix 1300\n', 'mssfix 1200\n'))).toContain('mssfix 1300');
    for (const line of ['auth SHA1', 'setenv opt auth SHA1', 'float auth SHA1', '<connection>\n</connection>']) {
      expect(reasons(pair(`${line}\n`, ''))[0]).toMatch(/does not belong into <connection>|no end tag/);
    }
  });

  test('over TCP have neither fragments nor a notice at the end', () => {
    const tcp = output(`${BASE}proto tcp\nauth-user-pass\nfragment 1300\nexplicit-exit-notify 2\n${CA}`);
    expect(tcp).not.toMatch(/fragment|explicit/);
    expect(() => parse(`${MINIMAL}remote 192.0.2.9 443 tcp\nfragment 1300\n`)).toThrow(EgressError);
  });
});

describe('ciphers', () => {
  const ciphers = (text: string): string[] =>
    outputLines(`${MINIMAL}${text}\n`).filter((line) => line.startsWith('data-ciphers'));
  const DEFAULTS = 'AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305';

  test.each([
    ['', [`data-ciphers "${DEFAULTS}"`]],
    ['cipher aes-256-cbc', [`data-ciphers "${DEFAULTS}:AES-256-CBC"`, 'data-ciphers-fallback AES-256-CBC']],
    ['cipher AES-128-GCM', [`data-ciphers "${DEFAULTS}"`, 'data-ciphers-fallback AES-128-GCM']],
    ['ncp-ciphers AES-256-GCM:BF-CBC', ['data-ciphers "AES-256-GCM"']],
    ['cipher BF-CBC\ndata-ciphers AES-256-CBC', ['data-ciphers "AES-256-CBC"']],
    [
      'cipher AES-256-CBC\ndata-ciphers AES-256-GCM',
      ['data-ciphers "AES-256-GCM"', 'data-ciphers-fallback AES-256-CBC'],
    ],
    [
      'data-ciphers-fallback AES-256-CBC',
      [`data-ciphers "${DEFAULTS}:AES-256-CBC"`, 'data-ciphers-fallback AES-256-CBC'],
    ],
  ])('%j', (text, lines) => {
    expect(ciphers(text)).toEqual(lines.map((line) => line.replaceAll('"', '')));
  });

  test.each([
    ['comp-lzo', 'comp-lzo no'],
    ['comp-lzo no', 'comp-lzo no'],
    ['comp-lzo yes', 'comp-lzo no'],
    ['compress', 'compress stub'],
    ['compress lz4', 'compress stub'],
    ['compress lz4-v2', 'compress stub-v2'],
    ['compress lzo', 'comp-lzo no'],
    ['tls-version-min 1.0', 'tls-version-min 1.2'],
    ['tls-version-min 1.3 or-highest', 'tls-version-min 1.3 or-highest'],
    ['', 'tls-cert-profile preferred'],
    ['tls-cert-profile legacy', 'tls-cert-profile legacy'],
    ['tls-cert-profile insecure', 'tls-cert-profile legacy'],
    ['comp-lzo yes', 'allow-compression no'],
    ['allow-compression yes', 'allow-compression no'],
    ['allow-compression asym', 'allow-compression asym'],
    ['comp-lzo\nallow-compression asym', 'comp-lzo yes'],
    ['comp-lzo no\nallow-compression asym', 'comp-lzo no'],
    ['compress lz4-v2\nallow-compression asym', 'compress lz4-v2'],
    ['tls-cipher DEFAULT:@SECLEVEL=0', 'tls-cipher DEFAULT'],
    ['tls-cipher "ALL:!aNULL:HIGH"', 'tls-cipher "!aNULL:HIGH"'],
    ['ns-cert-type server', 'remote-cert-tls server'],
    ['auth RSA-SHA256', 'auth SHA256'],
    ['auth sha-512', 'auth SHA512'],
    ['keepalive 1 900', 'ping 5'],
    ['keepalive 1 900', 'ping-restart 120'],
    ['ping-exit 30', 'ping-restart 30'],
    ['verify-x509-name \'C=X, CN="a"\' subject', 'verify-x509-name \'C=X, CN="a"\' subject'],
  ])('%s becomes %s', (text, line) => {
    expect(outputLines(`${MINIMAL}${text}\n`)).toContain(line);
  });
});

describe('who the client is', () => {
  test('a username and a password, of the credential or inline', () => {
    const own = parse(`${BASE}auth-user-pass\n${CA}`).credentials;
    expect([own?.username.reveal(), own?.password.reveal()]).toEqual([USERNAME, PASSWORD]);
    const inline = parse(`${BASE}${CA}${block('auth-user-pass', 'someone\nsecret words\n')}`, {});
    expect(inline.credentials?.username.reveal()).toBe('someone');
    expect(inline.credentials?.password.reveal()).toBe('secret words');
    expect(inline.config.reveal()).not.toContain('someone');
    expect(pointers(MINIMAL, {})).toEqual(['/egress/credential/username', '/egress/credential/password']);
    expect(pointers(MINIMAL, { username: 'a\nb', password: 'c' })).toEqual(['/egress/credential/username']);
  });

  test('a certificate and its key, of the credential or inline', () => {
    const own = parse(`${BASE}${CA}${CERT}${KEY}`, {});
    expect(own.privateKey?.reveal()).toBe(pem('PRIVATE KEY', 'client key'));
    expect(own.config.reveal()).not.toContain('PRIVATE');
    expect(own.credentials).toBeUndefined();
    const other = pem('EC PRIVATE KEY', 'other');
    expect(parse(`${BASE}${CA}${CERT}key my.key\n`, { privateKey: other }).privateKey?.reveal()).toBe(other);
    expect(refusal(`${BASE}${CA}${CERT}`, {}).code).toBe('KEY_MISSING');
    expect(pointers(`${BASE}${CA}${CERT}`, { privateKey: 'nonsense' })).toEqual(['/egress/credential/private_key']);
    expect(reasons(`${BASE}${CA}`, {})[0]).toMatch(/nothing says who the client is/);
    expect(reasons(`${BASE}auth-user-pass\n${CERT}${KEY}`)[0]).toMatch(/add the provider's <ca>/);
  });

  test('the passphrase of an encrypted key', () => {
    const config = `${BASE}${CA}${CERT}${block('key', pem('ENCRYPTED PRIVATE KEY'))}`;
    expect(parse(config, { password: 'pass' }).passphrase?.reveal()).toBe('pass');
    expect(pointers(config, {})).toEqual(['/egress/credential/password']);
    const both = { username: 'u', password: 'p' };
    expect(parse(`${config}auth-user-pass\n`, { ...both, custom: 'phrase' }).passphrase?.reveal()).toBe('phrase');
    expect(pointers(`${config}auth-user-pass\n`, both)).toEqual(['/egress/credential/custom']);
    const old = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n`;
    const settings = parse(`${BASE}${CA}${CERT}${block('key', old)}`, { password: 'pass' });
    expect(settings.privateKey).toBeUndefined(); // OpenVPN itself opens it
    expect(settings.config.reveal()).toContain(`<key>\n${old}</key>\n`);
    expect(settings.passphrase?.reveal()).toBe('pass');
  });

  test('what would not fit into one command of the management socket is refused', () => {
    const config = `${BASE}${CA}auth-user-pass\n`;
    const long = `${'"'.repeat(248)}verb 11 #`;
    expect(pointers(config, { username: 'u', password: long })).toEqual(['/egress/credential/password']);
    expect(pointers(config, { username: 'ü'.repeat(128), password: 'p' })).toEqual(['/egress/credential/username']);
    expect(parse(config, { username: 'u', password: 'p'.repeat(240) }).credentials).toBeDefined();
  });

  test('the response to a static challenge', () => {
    const more = { username: 'u', password: 'p', custom: '123456' };
    const challenge = (text: string) => parse(`${MINIMAL}${text}\n`, more).staticChallenge;
    expect(challenge('static-challenge "Your code" 1')).toMatchObject({ concat: false });
    expect(challenge("static-challenge 'Your code' 0 concat")?.concat).toBe(true);
    expect(challenge('static-challenge x 1')?.response.reveal()).toBe('123456');
    expect(outputLines(`${MINIMAL}static-challenge 'Your code' 0 concat\n`, more)).toContain(
      'static-challenge response 1',
    );
    expect(pointers(`${MINIMAL}static-challenge x 1\n`)).toEqual(['/egress/credential/custom']);
  });
});

describe('blocks', () => {
  test('are written anew, whatever stands around them', () => {
    const messy = CA.replaceAll('\n', ' \r\n').replace('<ca>', '"<ca>" # the authority');
    expect(output(MINIMAL.replace(CA, messy))).toBe(output(MINIMAL));
  });

  test.each([
    ['ca', 'nothing'],
    ['ca', pem('CERTIFICATE').replace('-----END', '-----ENDE')],
    ['ca', pem('CERTIFICATE').replace(/\n.{5}/, '\n$$$$!')],
    ['ca', pem('PRIVATE KEY')],
    ['tls-crypt', STATIC_KEY.replace(/[0-9a-f]{32}\n/, '')],
    ['tls-auth', pem('OpenVPN Static key V1')],
    ['tls-crypt-v2', pem('OpenVPN tls-crypt-v2 server key')],
    ['pkcs12', '????'],
    ['crl-verify', pem('CERTIFICATE')],
    ['peer-fingerprint', 'zz'],
  ])('<%s> that holds something else is refused', (name, text) => {
    expect(pointers(`${MINIMAL}${block(name, `${text}\n`)}`)).toContain('/egress/config');
  });

  test('tls-auth and tls-crypt exclude each other', () => {
    expect(() => parse(`${MINIMAL}${TLS_AUTH}${TLS_CRYPT}`)).toThrow(EgressError);
  });

  test('the direction may stand beside a mark', () => {
    expect(outputLines(`${MINIMAL}tls-auth [inline] 1\n${TLS_AUTH}`)).toContain('key-direction 1');
  });

  test('fingerprints are one a line', () => {
    const print = Array.from({ length: 32 }, () => 'ab').join(':');
    const text = output(`${BASE}auth-user-pass\n${block('peer-fingerprint', `${print}\n\n# another\n${print}\n`)}`);
    expect(text).toContain(`<peer-fingerprint>\n${print.toUpperCase()}\n</peer-fingerprint>\n`);
  });
});

describe('resolvers and what is pushed', () => {
  test('the launch script wins over the config', () => {
    const config = `${MINIMAL}dhcp-option DNS 192.0.2.53\ndhcp-option DNS6 2001:db8::53\ndns server 1 address 192.0.2.54:53 [2001:db8::54]\ndhcp-option DOMAIN a.test\ndns search-domains b.test c.test\n`;
    const settings = parse(config);
    expect(settings.dns).toEqual(['192.0.2.53', '2001:db8::53', '192.0.2.54', '2001:db8::54']);
    expect(settings.searchDomains).toEqual(['a.test', 'b.test', 'c.test']);
    expect(parse(config, { username: 'u', password: 'p', dns: ['9.9.9.9'] }).dns).toEqual(['9.9.9.9']);
  });

  test.each([
    ['', false],
    ['route-nopull', false],
    ['route-nopull\ndhcp-option DNS 192.0.2.53', true],
  ])('%j: DNS ignored %s', (text, ignoreDns) => {
    expect(parse(`${MINIMAL}${text}\n`).pushed).toMatchObject({ ignoreDns });
  });

  test.each([
    ['pull-filter ignore dhcp-option', 'ignore'],
    ['pull-filter accept dhcp-option\npull-filter ignore dhcp', 'accept'],
    ['pull-filter ignore "route-ipv6"', 'accept'],
  ])('%j: a pushed resolver is to be left alone, or taken: %s', (text, action) => {
    const { filters } = parse(`${MINIMAL}${text}\n`).pushed;
    expect(decide(filters, 'dhcp-option DNS 192.0.2.53')).toBe(action);
  });

  test('whoever the server is, is worth a warning', () => {
    expect(noticed(MINIMAL.replace('remote-cert-tls server\n', ''))).toEqual([
      expect.stringContaining('nothing says who the server is'),
    ]);
  });
});
