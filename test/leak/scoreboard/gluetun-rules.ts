import { WIREGUARD_PORT } from '../../../lab/addresses.ts';
import type { Account, Recipe } from './recipe.ts';

/** The mark and the table are WireGuard's usual ones. */
const MARK = 51820;

const lines = (...all: readonly string[]): string => `set -e\n${all.join('\n')}\n`;

const both = (rule: string): string[] => [`iptables ${rule}`, `ip6tables ${rule}`];

/** Policies first, then loopback, what is established, the container's own subnet; nothing else leaves. */
const rulesOf = ({ network: { prefix4, prefix6, gateway4, gateway6 } }: Account): string => {
  const subnets = { 4: `${prefix4}0.0/16`, 6: `${prefix6}/64` } as const;
  return lines(
    `own4=$(ip -4 -o address show dev eth0 | sed 's/.* inet \\([0-9.]*\\).*/\\1/')`,
    `own6=$(ip -6 -o address show dev eth0 scope global | sed 's/.* inet6 \\([0-9a-f:]*\\).*/\\1/')`,
    ...['INPUT', 'OUTPUT', 'FORWARD'].flatMap((chain) => both(`-P ${chain} DROP`)),
    ...both('-A INPUT -i lo -j ACCEPT'),
    ...both('-A OUTPUT -o lo -j ACCEPT'),
    ...both('-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT'),
    ...both('-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT'),
    `iptables -A OUTPUT -o eth0 -s $own4 -d ${subnets[4]} -j ACCEPT`,
    `ip6tables -A OUTPUT -o eth0 -s $own6 -d ${subnets[6]} -j ACCEPT`,
    'ip6tables -A OUTPUT -o eth0 -d ff02::1:ff00:0/104 -j ACCEPT',
    `iptables -A INPUT -i eth0 -d ${subnets[4]} -j ACCEPT`,
    `ip6tables -A INPUT -i eth0 -d ${subnets[6]} -j ACCEPT`,
    `ip -4 route add default via ${gateway4} dev eth0 table 200`,
    `ip -6 route add default via ${gateway6} dev eth0 table 200`,
    `ip -4 rule add priority 98 to ${subnets[4]} lookup main`,
    `ip -6 rule add priority 98 to ${subnets[6]} lookup main`,
    'ip -4 rule add priority 100 from $own4 lookup 200',
    'ip -6 rule add priority 100 from $own6 lookup 200',
  );
};

/** An exception for the server's address and port, one for the device; then WireGuard, and all else is routed into it. */
const tunnelOf = ({ client, gateway, server }: Account): string =>
  lines(
    `iptables -A OUTPUT -o eth0 -d ${server} -p udp --dport ${WIREGUARD_PORT} -j ACCEPT`,
    ...both('-A OUTPUT -o tun0 -j ACCEPT'),
    'wireguard-go tun0',
    'wg setconf tun0 /vpn/tun0.conf',
    `ip -4 address add ${client.address}/32 dev tun0`,
    `ip -6 address add ${client.address6}/128 dev tun0`,
    'ip link set dev tun0 mtu 1320 up',
    ...['-4', '-6'].flatMap((family) => [
      `ip ${family} route add default dev tun0 table ${MARK}`,
      `ip ${family} rule add priority 101 not fwmark ${MARK} lookup ${MARK}`,
    ]),
    `echo nameserver ${gateway.inner4} >/etc/resolv.conf`,
  );

const configOf = ({ client, gateway, server }: Account): string =>
  client.text
    .replace(/^(Address|DNS|MTU) = .*\n/gm, '')
    .replace('[Interface]', `[Interface]\nFwMark = ${MARK}`)
    .replace(`Endpoint = ${gateway.v4}:`, `Endpoint = ${server}:`);

/** Written after its documents and what its source says it does; none of its code is here. */
export const gluetunRules: Recipe = {
  name: 'gluetun-rules',
  title: 'a shared namespace with gluetun’s rules',
  ours: false,
  how: 'Docker’s bridge; a VPN container with NET_ADMIN whose namespace the attacker shares (`--network container:…`). All policies DROP for both versions; then accepted: loopback, what is established or related, from its own address to its own subnet, neighbour solicitations, what comes in for its subnet; later the server’s address and port by UDP, and everything by tun0. Routing: its subnet by the main table, its own address by eth0, all without WireGuard’s mark by the tunnel.',
  sources: [
    'https://github.com/qdm12/gluetun (v3.41.1: internal/firewall, internal/routing, internal/wireguard)',
    'https://github.com/qdm12/gluetun-wiki (setup/connect-a-container-to-gluetun.md)',
  ],
  absent: {
    failed: 'it gives nothing up: it tries again without end',
    'supervisor dead': 'these are its rules without its program; see `gluetun`',
    'both dead': 'these are its rules without its program; see `gluetun`',
  },
  run: [
    ...['--cap-add', 'NET_ADMIN', '--device', '/dev/net/tun'],
    ...['--sysctl', 'net.ipv4.conf.all.src_valid_mark=1', '--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'],
  ],
  files: (account) => ({ 'tun0.conf': configOf(account), rules: rulesOf(account), tunnel: tunnelOf(account) }),
  tunnelProcess: 'wireguard-go',
  device: 'tun0',
};
