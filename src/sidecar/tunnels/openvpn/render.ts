import { renderPeerEndpoint } from '../peer-endpoint.ts';
import type { OpenVpnRemote } from './settings.ts';

/** A directive as it is written out. */
export interface OutputLine {
  readonly name: OutputName;
  readonly args?: readonly string[];
  readonly block?: readonly string[];
}

/** Everything that may ever be written out, in the order in which it is. The runtime's own directives come after it. */
export const OUTPUT_NAMES = [
  'remote-cert-tls', 'remote-cert-ku', 'remote-cert-eku', 'verify-x509-name', 'verify-hash', 'tls-version-min',
  'tls-version-max', 'tls-cert-profile', 'tls-cipher', 'tls-ciphersuites', 'tls-groups', 'data-ciphers',
  'data-ciphers-fallback', 'auth', 'auth-user-pass', 'static-challenge', 'key-direction', 'replay-window',
  'reneg-sec', 'reneg-bytes',
  'reneg-pkts', 'tran-window', 'tls-timeout', 'server-poll-timeout', 'ping', 'ping-restart', 'explicit-exit-notify',
  'tun-mtu', 'mssfix', 'fragment', 'mtu-disc', 'sndbuf', 'rcvbuf', 'tcp-nodelay', 'passtos', 'float', 'topology',
  'allow-compression', 'comp-lzo', 'compress', 'pull-filter', 'peer-fingerprint', 'ca', 'cert', 'key', 'extra-certs', 'pkcs12',
  'crl-verify', 'tls-auth', 'tls-crypt', 'tls-crypt-v2',
] as const; // biome-ignore format: a list of words
export type OutputName = (typeof OUTPUT_NAMES)[number];

export const isOutputName = (name: string): name is OutputName => OUTPUT_NAMES.some((known) => known === name);

export const renderConfig = (lines: readonly OutputLine[]): string =>
  lines
    .toSorted((a, b) => OUTPUT_NAMES.indexOf(a.name) - OUTPUT_NAMES.indexOf(b.name))
    .map((line) => `${renderLine(line)}\n`)
    .join('');

const renderLine = ({ name, args = [], block }: OutputLine): string =>
  block ? [`<${name}>`, ...block, `</${name}>`].join('\n') : [name, ...args.map(quote)].join(' ');

/** The quotes that the text has none of. No text has both kinds, nor a backslash: the parser lets none through. */
const quote = (text: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9_.:+-]*$/.test(text)) return text;
  return text.includes('"') ? `'${text}'` : `"${text}"`;
};

/** `remote` as every version since 2.4 reads it. */
export const renderRemote = ({ host, port, protocol, family }: OpenVpnRemote): string =>
  `remote ${host} ${port} ${protocol}${family ?? ''}${protocol === 'tcp' ? '-client' : ''}`;

/** For people: `host:port`. */
export const describeRemote = (remote: OpenVpnRemote): string => renderPeerEndpoint(remote);
