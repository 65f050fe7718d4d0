import { Secret } from '../../../../src/shared/secret.ts';

const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

export const PRIVATE_KEY = key(0x58);
export const PRESHARED_KEY = key(0x70);
export const PUBLIC_KEY = key(0x21);
export const OTHER_PUBLIC_KEY = key(0x22);

export const PEER = `[Peer]\nPublicKey = ${PUBLIC_KEY}\nAllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = 198.51.100.7:51820\n`;
export const INTERFACE = `[Interface]\nPrivateKey = ${PRIVATE_KEY}\nAddress = 10.2.0.2/32\n`;
export const MINIMAL = `${INTERFACE}\n${PEER}`;

export const egress = (config: string, more: { privateKey?: string; dns?: string[] } = {}) => ({
  type: 'wireguard' as const,
  config: new Secret(config),
  ...(more.privateKey === undefined ? {} : { credential: { private_key: new Secret(more.privateKey) } }),
  ...(more.dns ? { dns: more.dns } : {}),
});

/** Written like the downloads of providers and the exports of programs that people use. */
export const providerFiles: Readonly<Record<string, string>> = {
  'comments that name the server, one shared inner address': `[Interface]
# Key for laptop
# Bouncing = 0
# NAT-PMP (Port Forwarding) = off
# VPN Accelerator = on
PrivateKey = ${PRIVATE_KEY}
Address = 10.2.0.2/32
DNS = 10.2.0.1

[Peer]
# CH-FREE#12
PublicKey = ${PUBLIC_KEY}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 198.51.100.7:51820
`,
  'both families, no blanks around signs': `[Interface]
PrivateKey=${PRIVATE_KEY}
Address=10.67.12.5/32,fc00:bbbb:bbbb:bb01::4:c04/128
DNS=10.64.0.1

[Peer]
PublicKey=${PUBLIC_KEY}
AllowedIPs=0.0.0.0/0,::0/0
Endpoint=198.51.100.7:51820`,
  'a name for the server, a preshared key, a keepalive': `[Interface]
PrivateKey = ${PRIVATE_KEY}
Address = 100.64.10.20/32
DNS = 10.255.255.1, 10.255.255.2

[Peer]
PublicKey = ${PUBLIC_KEY}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = us-west-001.vpn.example.com:443
PresharedKey = ${PRESHARED_KEY}
PersistentKeepalive = 25
`,
  'a byte order mark, CRLF, several lines of a kind, an MTU': `\uFEFF[Interface]\r\nPrivateKey = ${PRIVATE_KEY}\r\nAddress = 172.16.0.2/32\r\nAddress = 2606:4700:110:8d8d::2/128\r\nDNS = 1.1.1.1\r\nDNS = 1.0.0.1\r\nDNS = 2606:4700:4700::1111\r\nMTU = 1280\r\n[Peer]\r\nPublicKey = ${PUBLIC_KEY}\r\nAllowedIPs = 0.0.0.0/0\r\nAllowedIPs = ::/0\r\nEndpoint = engage.example.com:2408\r\n`,
  'a kill switch of hooks, as an old how-to has it': `[Interface]
PrivateKey = ${PRIVATE_KEY}
Address = 10.14.0.2/16
DNS = 162.252.172.57, 149.154.159.92
PostUp = iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT
PreDown = iptables -D OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT
SaveConfig = true
[Peer]
PublicKey = ${PUBLIC_KEY}
AllowedIPs = 0.0.0.0/0
Endpoint = at-vie.example.com:51820
`,
  'a router of one’s own: networks only, a port, a search domain': `[Interface]
ListenPort = 51820
PrivateKey = ${PRIVATE_KEY}
Address = 10.8.0.3/24
DNS = 192.168.178.1, fritz.box
Table = auto
FwMark = 0xca6c

[Peer]
PublicKey = ${PUBLIC_KEY}
PresharedKey = ${PRESHARED_KEY}
AllowedIPs = 192.168.178.0/24,0.0.0.0/0
Endpoint = abc123.example.net:58529
PersistentKeepalive = 25

[Peer]
PublicKey = ${OTHER_PUBLIC_KEY}
AllowedIPs = 10.9.0.0/16 # the other site
Endpoint = [2001:db8::7]:51821
`,
  'odd letters and blanks': `  [INTERFACE]
\tprivatekey\t=\t${PRIVATE_KEY}
 ADDRESS = 10.2.0.2 , 10.2.0.3/24

 [ peer ]
 PUBLICKEY = ${PUBLIC_KEY}
 allowedips = 0.0.0.0/0
 endpoint = 198.51.100.7:51820 # Zürich
`,
};
