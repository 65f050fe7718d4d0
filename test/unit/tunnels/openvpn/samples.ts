import { createHash } from 'node:crypto';
import { Secret } from '../../../../src/shared/secret.ts';

/** Looks like what stands in a PEM file, and is nothing. */
const body = (seed: string): string => {
  const bytes = Buffer.concat([0, 1, 2].map((part) => createHash('sha512').update(`${seed}${part}`).digest()));
  return (bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
};
export const pem = (label: string, seed: string = label): string =>
  `-----BEGIN ${label}-----\n${body(seed)}\n-----END ${label}-----\n`;

export const block = (name: string, text: string): string => `<${name}>\n${text}</${name}>\n`;
const hex = createHash('sha512').update('static').digest('hex').repeat(4);
export const STATIC_KEY_LINES = hex.match(/.{1,32}/g) ?? [];
export const STATIC_KEY = `#\n# 2048 bit OpenVPN static key\n#\n-----BEGIN OpenVPN Static key V1-----\n${STATIC_KEY_LINES.join('\n')}\n-----END OpenVPN Static key V1-----\n`;

export const CA = block('ca', pem('CERTIFICATE', 'authority'));
export const CERT = block('cert', `Certificate:\n    Data: whatever\n${pem('CERTIFICATE', 'client')}`);
export const KEY = block('key', pem('PRIVATE KEY', 'client key'));
export const TLS_AUTH = block('tls-auth', STATIC_KEY);
export const TLS_CRYPT = block('tls-crypt', STATIC_KEY);

export const USERNAME = 'p1234567';
export const PASSWORD = 'correct horse';

export interface More {
  readonly username?: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly custom?: string;
  readonly dns?: string[];
}

export const egress = (config: string, more: More = { username: USERNAME, password: PASSWORD }) => ({
  type: 'openvpn' as const,
  config: new Secret(config),
  credential: {
    ...(more.username === undefined ? {} : { username: new Secret(more.username) }),
    ...(more.password === undefined ? {} : { password: new Secret(more.password) }),
    ...(more.privateKey === undefined ? {} : { private_key: new Secret(more.privateKey) }),
    ...(more.custom === undefined ? {} : { custom: new Secret(more.custom) }),
  },
  ...(more.dns ? { dns: more.dns } : {}),
});

export const MINIMAL = `client
dev tun
remote 198.51.100.7 1194
remote-cert-tls server
auth-user-pass
${CA}`;

/** Written like the downloads of providers and the exports of programs that people use. */
export const providerFiles: Readonly<Record<string, string>> = {
  'tls-auth, a cipher, many tunings': `client
dev tun
proto udp
remote us1.example.com 1194
remote us2.example.com 1194
resolv-retry infinite
remote-random
nobind
tun-mtu 1500
mssfix 0
persist-key
persist-tun
ping 15
ping-restart 0
reneg-sec 0
remote-cert-tls server
auth-user-pass

#mute 10000
verb 3
pull
fast-io
cipher AES-256-CBC
auth SHA512
key-direction 1
${CA}${TLS_AUTH}`,
  'of 2015: comp-lzo, ns-cert-type, a password file, TLS 1.0, CRLF and a byte order mark': `\uFEFFclient
dev tun
proto tcp
remote old.example.com 443
auth-user-pass login.conf
comp-lzo
keysize 128
key-method 2
cipher AES-128-CBC
auth SHA1
ns-cert-type server
tls-version-min 1.0
tls-cipher TLS-DHE-RSA-WITH-AES-256-CBC-SHA:DEFAULT:@SECLEVEL=0
${CA}`.replaceAll('\n', '\r\n'),
  'scripts for the resolver, Windows, a provider’s setenv opt': `setenv CLIENT_CERT 0
setenv UV_IPV6 yes
setenv opt block-outside-dns
setenv opt new-thing 5
ignore-unknown-option block-ipv9
block-ipv9
client
dev tun0
proto udp4
remote ch.example.com 5060
script-security 2
up /etc/openvpn/update-resolv-conf
down /etc/openvpn/update-resolv-conf
block-outside-dns
register-dns
redirect-gateway def1 bypass-dhcp
route 10.8.0.0 255.255.255.0
route-nopull
dhcp-option DNS 10.8.0.1
dhcp-option DOMAIN corp.example.com
log /var/log/openvpn.log
user nobody
group nogroup
explicit-exit-notify
verify-x509-name "CN=server, O=It's us" subject
auth-user-pass
${CA}${TLS_CRYPT}`,
  'certificates, connections, tls-crypt-v2, filters': `client
dev tun
<connection>
remote 192.0.2.1 1194 udp
explicit-exit-notify 2
</connection>
<connection>
remote 2001:db8::1 443 tcp6
explicit-exit-notify 2
</connection>
proto-force udp
pull-filter ignore "dhcp-option DNS"
pull-filter accept "route 10."
pull-filter ignore route
keepalive 10 600
compress lz4-v2
data-ciphers ?AES-256-GCM:BF-CBC:DEFAULT
verify-x509-name vpn- name-prefix
${CA}${CERT}${KEY}${block('tls-crypt-v2', pem('OpenVPN tls-crypt-v2 client key'))}`,
  'broken by hand: conflict markers, a stray end tag, a misspelt directive, two in one line': `client
dev tun
<<<<<<< HEAD
remote a.example.com 1194
=======
remote b.example.com 1194
>>>>>>> master
</ca>
persist-tum
nobind persist-key
cipher AES-256-CBC auth SHA256
remote-cert-tls server
auth-user-pass
${CA}`,
  'sixty servers': `client
dev tun
remote-cert-tls server
auth-user-pass
${Array.from({ length: 60 }, (_, index) => `remote s${index}.example.com 1194\n`).join('')}${CA}`,
};
