import { each, type Form, flag, integer, matching, oneOf, quotable, words } from './forms.ts';

/** How many parameters a directive takes, and whether it can be an inline block instead. */
export interface Use {
  readonly least: number;
  readonly most: number;
  readonly inline?: true;
  /** Where this is all there is to know: how the parameters are read, and what to say of others. */
  readonly form?: Form;
  readonly wanted?: string;
  /** The tunnel would be weaker, or none, without the line: a wrong one is refused rather than dropped. */
  readonly protects?: true;
}

const OID_OR_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/;
const HEX_WORD = /^[0-9a-fA-F]{1,4}$/;
const CIPHERSUITES = /^[A-Z0-9_]{1,40}(:[A-Z0-9_]{1,40}){0,3}$/;
const GROUPS = /^\??[A-Za-z0-9_-]{1,40}(:\??[A-Za-z0-9_-]{1,40}){0,4}$/;
const DIGESTS = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SHA512-224', 'SHA512-256', 'SHA3-256', 'SHA3-384',
  'SHA3-512', 'BLAKE2b512', 'BLAKE2s256', 'RIPEMD160', 'MD5']; // biome-ignore format: a list of words

/** `RSA-SHA256` is what OpenSSL calls the digest too; `SHA` is SHA1. */
const digest = (text: string): string | undefined =>
  oneOf(...DIGESTS)(
    text
      .replace(/^RSA-/i, '')
      .replace(/^SHA-?(1|2(?=56|24)|3(?=84)|5(?=12))/i, 'SHA$1')
      .replace(/^SHA$/i, 'SHA1'),
  );

const seconds = (least: number, most: number): Use => ({
  least: 1,
  most: 1,
  form: words(integer(least, most)),
  wanted: `a number of seconds from ${least} to ${most}`,
});
const count = (least: number, most: number): Use => ({
  least: 1,
  most: 1,
  form: words(integer(least, most)),
  wanted: `a number from ${least} to ${most}`,
});
const bare: Use = { least: 0, most: 0, form: flag };

/** Written out again with their own name, once their parameters are read. */
const KEPT: Readonly<Record<string, Use>> = {
  float: bare,
  'tcp-nodelay': bare,
  passtos: bare,
  'remote-cert-tls': { least: 1, most: 1, form: words(oneOf('server')), wanted: '"server"', protects: true },
  'remote-cert-ku': {
    least: 0,
    most: 15,
    form: each(matching(HEX_WORD)),
    wanted: 'a list of key usages in hexadecimal',
    protects: true,
  },
  'remote-cert-eku': {
    least: 1,
    most: 1,
    form: words(matching(OID_OR_NAME)),
    wanted: 'the name or number of a key usage',
    protects: true,
  },
  'verify-x509-name': {
    least: 1,
    most: 2,
    form: words(quotable(200), oneOf('subject', 'name', 'name-prefix')),
    wanted: 'a name of at most 200 bytes, and "subject", "name" or "name-prefix"',
    protects: true,
  },
  'tls-version-max': { least: 1, most: 1, form: words(oneOf('1.2', '1.3')), wanted: '"1.2" or "1.3"', protects: true },
  'tls-ciphersuites': {
    least: 1,
    most: 1,
    form: words(matching(CIPHERSUITES)),
    wanted: 'names of cipher suites of TLS 1.3 with ":" between them',
  },
  'tls-groups': { least: 1, most: 1, form: words(matching(GROUPS)), wanted: 'names of groups with ":" between them' },
  auth: { least: 1, most: 1, form: words(digest), wanted: 'a digest that protects, such as SHA256', protects: true },
  'key-direction': { least: 1, most: 1, form: words(oneOf('0', '1')), wanted: '0 or 1', protects: true },
  'pull-filter': {
    least: 2,
    most: 2,
    form: words(oneOf('accept', 'ignore', 'reject'), quotable(200)),
    wanted: '"accept", "ignore" or "reject", and a text of at most 200 bytes',
    protects: true,
  },
  'reneg-sec': { ...seconds(0, 86_400), most: 2, form: words(integer(0, 86_400), integer(0, 86_400)) },
  'reneg-bytes': count(0, 4_294_967_295),
  'reneg-pkts': count(0, 2_147_483_647),
  'tran-window': seconds(60, 86_400),
  'tls-timeout': seconds(1, 60),
  'server-poll-timeout': seconds(5, 120),
  'explicit-exit-notify': { least: 0, most: 1, form: words(integer(1, 5)), wanted: 'a number from 1 to 5' },
  'tun-mtu': { ...count(576, 65_535), most: 1 },
  mssfix: {
    least: 0,
    most: 2,
    form: words(integer(0, 65_535), oneOf('mtu', 'fixed')),
    wanted: 'a number from 0 to 65535, and "mtu" or "fixed"',
  },
  fragment: {
    least: 1,
    most: 2,
    form: words(integer(68, 65_535), oneOf('mtu')),
    wanted: 'a number from 68 to 65535',
    protects: true, // it changes the form of each packet: without it nothing goes through
  },
  'mtu-disc': { least: 1, most: 1, form: words(oneOf('no', 'maybe', 'yes')), wanted: '"no", "maybe" or "yes"' },
  sndbuf: count(0, 16_777_216),
  rcvbuf: count(0, 16_777_216),
  'replay-window': {
    least: 1,
    most: 2,
    form: words(integer(0, 65_536), integer(0, 600)),
    wanted: 'a number of packets from 0 to 65536, and of seconds from 0 to 600',
  },
  topology: { least: 1, most: 1, form: words(oneOf('subnet', 'net30', 'p2p')), wanted: '"subnet", "net30" or "p2p"' },
};

const inlineOnly: Use = { least: 1, most: 2, inline: true, protects: true };
const one: Use = { least: 1, most: 1 };

/** Each is read by a part of its own, and may come out as something else. */
const READ: Readonly<Record<string, Use>> = {
  remote: { least: 1, most: 3, protects: true },
  connection: { least: 0, most: 0, inline: true, protects: true },
  proto: one,
  'proto-force': one,
  port: one,
  rport: one,
  'remote-random': { least: 0, most: 0 },
  ca: inlineOnly,
  cert: inlineOnly,
  key: inlineOnly,
  pkcs12: inlineOnly,
  'extra-certs': inlineOnly,
  'crl-verify': inlineOnly,
  'tls-auth': inlineOnly,
  'tls-crypt': inlineOnly,
  'tls-crypt-v2': inlineOnly,
  'peer-fingerprint': { least: 1, most: 1, inline: true, protects: true },
  'verify-hash': { least: 1, most: 2, inline: true, protects: true },
  'ns-cert-type': { least: 1, most: 1, protects: true },
  'tls-version-min': { least: 1, most: 2, protects: true },
  'tls-cert-profile': { least: 1, most: 1, protects: true },
  'tls-cipher': { least: 1, most: 1, protects: true },
  cipher: { least: 1, most: 1, protects: true },
  'data-ciphers': { least: 1, most: 1, protects: true },
  'ncp-ciphers': { least: 1, most: 1, protects: true },
  'data-ciphers-fallback': { least: 1, most: 1, protects: true },
  'allow-compression': one,
  'comp-lzo': { least: 0, most: 1 },
  compress: { least: 0, most: 1 },
  'auth-user-pass': { least: 0, most: 1, inline: true },
  'static-challenge': { least: 2, most: 3 },
  keepalive: { least: 2, most: 2 },
  ping: one,
  'ping-restart': one,
  'ping-exit': one,
  'connect-timeout': one,
  dev: one,
  'dev-type': one,
  mode: one,
  'dhcp-option': { least: 1, most: 15 },
  dns: { least: 1, most: 15 },
  'route-nopull': { least: 0, most: 0 },
  setenv: { least: 1, most: 15 },
};

export const keptDirectives: ReadonlyMap<string, Use> = new Map(Object.entries(KEPT));
export const usedDirectives: ReadonlyMap<string, Use> = new Map([...Object.entries(READ), ...keptDirectives]);
