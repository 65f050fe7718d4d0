import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseOpenVpn } from '../../../../src/sidecar/tunnels/openvpn/config.ts';
import { block, CA, egress, MINIMAL, pem, TLS_AUTH, TLS_CRYPT } from './samples.ts';

/** `works`; `warns of` what was dropped or replaced; `refused`, with what to change. */
function verdictOn(config: string): string {
  try {
    const { notices } = parseOpenVpn(egress(config));
    return notices.length === 0 ? 'works' : `warns of ${notices.map(({ directive }) => directive).join(', ')}`;
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    return `refused: ${error.fields.map(({ reason }) => reason.replace(/^line \d+: /, '')).join(' | ')}`;
  }
}

/**
 * What 7,310 files of 51 providers were found to hold, as lines of an otherwise plain file. Harmless lines never cost
 * anybody the connection; what would be weaker without its line says what to change.
 */
const LINES: readonly (readonly [trait: string, line: string, verdict: string])[] = [
  ['what is the same without', 'nobind\npersist-key\npersist-tun\nresolv-retry infinite\nverb 5\nmute 3\nauth-nocache\ntun-ipv6', 'works'],
  ['cipher alone', 'cipher AES-256-CBC', 'works'],
  ['cipher alone, small letters', 'cipher aes-128-cbc', 'works'],
  ['Blowfish alone', 'cipher BF-CBC', 'refused: cipher: none of its ciphers protects: ask the provider for a server with AES-256-GCM or AES-256-CBC, and name that one'],
  ['Blowfish beside others', 'cipher BF-CBC\ndata-ciphers AES-256-GCM', 'warns of cipher'],
  ['an authority by path', 'ca ca.crt', 'refused: ca: no file of the host is read: put its text inline, as <ca>'],
  ['a mark for what is inline', 'ca [inline]', 'works'],
  ['an old digest', 'auth SHA1', 'works'],
  ['tls-auth with its direction', `key-direction 1\n${TLS_AUTH}`, 'works'],
  ['tls-auth, marked', `tls-auth [inline] 1\n${TLS_AUTH}`, 'works'],
  ['tls-auth by path', 'tls-auth ta.key 1', 'refused: tls-auth: no file of the host is read: put its text inline, as <tls-auth>'],
  ['tls-crypt', TLS_CRYPT, 'works'],
  ['comp-lzo', 'comp-lzo', 'warns of comp-lzo'],
  ['comp-lzo no', 'comp-lzo no', 'works'],
  ['comp-lzo adaptive', 'comp-lzo adaptive\ncomp-noadapt', 'warns of comp-lzo, comp-noadapt'],
  ['compress', 'compress', 'works'],
  ['compress lz4-v2', 'compress lz4-v2', 'warns of compress'],
  ['no new keys', 'reneg-sec 0', 'works'],
  ['routes', 'redirect-gateway def1 bypass-dhcp\nroute 10.0.0.0 255.0.0.0 net_gateway\nroute-method exe\nroute-delay 2', 'warns of redirect-gateway, route, route-method, route-delay'],
  ['tunings', 'fast-io\nsndbuf 524288\nrcvbuf 524288\nmssfix 1450\ntun-mtu 1500\ntun-mtu-extra 32\nlink-mtu 1542', 'warns of fast-io, tun-mtu-extra, link-mtu'],
  ['resolver scripts', 'script-security 2\nup /etc/openvpn/update-resolv-conf\ndown /etc/openvpn/update-resolv-conf', 'warns of script-security, up, down'],
  ['ciphers of TLS from long ago', 'tls-cipher TLS-DHE-RSA-WITH-AES-256-CBC-SHA:TLS-DHE-DSS-WITH-AES-256-CBC-SHA', 'works'],
  ['an old TLS', 'tls-version-min 1.0', 'warns of tls-version-min'],
  ['words for other programs', 'setenv CLIENT_CERT 0\nsetenv UV_ID abc', 'warns of setenv, setenv'],
  ['words for newer ones', 'setenv opt block-outside-dns\nsetenv opt some-thing 1', 'warns of block-outside-dns, unknown'],
  ['setenv opt of what counts', 'setenv opt tls-version-min 1.2', 'works'],
  ['ignore-unknown-option', 'ignore-unknown-option block-outside-dns some-thing\nblock-outside-dns\nsome-thing', 'warns of block-outside-dns, unknown'],
  ['Windows', 'block-outside-dns\nregister-dns\ndev-node MyTap\nip-win32 dynamic', 'warns of block-outside-dns, register-dns, dev-node, ip-win32'],
  ['what 2.6 has no more', 'keysize 256\nkey-method 2\nncp-disable', 'warns of keysize, key-method, ncp-disable'],
  ['tls-remote', 'tls-remote server', 'refused: tls-remote: OpenVPN no longer has it: use verify-x509-name instead'],
  ['a static key', 'secret static.key', 'refused: secret: a static key has no forward secrecy, and OpenVPN is giving it up: use certificates'],
  ['a proxy', 'http-proxy 192.0.2.1 8080', 'refused: http-proxy: a proxy is not supported, and without it the VPN server would be reached directly: remove the line if that is fine'],
  ['what belongs to a proxy that is not there', 'http-proxy-retry\nhttp-proxy-option AGENT x', 'warns of http-proxy-retry, http-proxy-option'],
  ['obfuscation', 'scramble obfuscate x', 'refused: scramble: obfuscation is not supported, and without it the tunnel would be easier to recognise'],
  ['a list of the revoked, by path', 'crl-verify crl.pem', 'refused: crl-verify: no file of the host is read: put its text inline, as <crl-verify>'],
  ['a list of the revoked', block('crl-verify', pem('X509 CRL')), 'works'],
  ['filters', 'pull-filter ignore "route-ipv6"\npull-filter ignore ifconfig-ipv6', 'works'],
  ['fragments', 'fragment 1300\nmssfix 1300', 'works'],
  ['a connection block', '<connection>\nremote 198.51.100.8 443 tcp\nconnect-timeout 10\n</connection>', 'warns of remote'],
  ['62 more servers', Array.from({ length: 62 }, (_, index) => `remote 198.51.100.${index + 10} 1194`).join('\n'), 'works'],
  ['servers in any order', 'remote-random\nremote 198.51.100.9 443 tcp-client', 'works'],
  ['end of the connection', 'ping 10\nping-exit 60\ninactive 3600\nexplicit-exit-notify', 'warns of inactive'],
  ['the host', 'user nobody\ngroup nogroup\nlog /var/log/openvpn.log\nmanagement 127.0.0.1 7505', 'warns of user, group, log, management'],
  ['merge-conflict markers', '<<<<<<< HEAD\nverb 3\n=======\nverb 4\n>>>>>>> master', 'warns of unknown, unknown, unknown'],
  ['a misspelt directive', 'persist-tum', 'warns of unknown'],
  ['a misspelt one that protects', 'remote-cert-tsl server', 'refused: OpenVPN has no such directive: is remote-cert-tls meant?'],
  ['a stray end tag', '</ca>', 'warns of end tag'],
  ['two directives in a line', 'cipher AES-256-CBC auth SHA256', 'warns of auth'],
]; // biome-ignore format: a table

describe('a provider’s line', () => {
  test.each(LINES)('%s', (_, line, verdict) => {
    expect(verdictOn(`${MINIMAL}${line}\n`)).toBe(verdict);
  });
});

describe('a provider’s file', () => {
  test.each([
    ['line ends of Windows', MINIMAL.replaceAll('\n', '\r\n'), 'works'],
    ['some line ends of Windows', MINIMAL.replace('\n', '\r\n'), 'works'],
    ['a byte order mark', `\uFEFF${MINIMAL}`, 'works'],
    ['no last line end', MINIMAL.trimEnd(), 'works'],
    ['indented', MINIMAL.replace(/^/gm, '   '), 'works'],
    ['a password file', MINIMAL.replace('auth-user-pass', 'auth-user-pass login.txt'), 'warns of auth-user-pass'],
    ['ns-cert-type', MINIMAL.replace('remote-cert-tls', 'ns-cert-type'), 'warns of ns-cert-type'],
    ['no check of the server', MINIMAL.replace('remote-cert-tls server\n', ''), 'warns of remote-cert-tls'],
    ['a comment in a block', MINIMAL.replace('<ca>', '<ca>\n# our authority'), 'works'],
    ['the authority twice', `${MINIMAL}${CA}`, 'works'],
    [
      'line ends of old Macs',
      MINIMAL.replaceAll('\n', '\r'),
      "refused: holds a control character | there is no remote | there is nothing to check the server's certificate by: add the provider's <ca> | nothing says who the client is: add auth-user-pass, or <cert> and <key>",
    ],
  ])('%s', (_, text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});
