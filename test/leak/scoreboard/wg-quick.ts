import type { Account, Recipe } from './recipe.ts';

const MAN = 'https://man7.org/linux/man-pages/man8/wg-quick.8.html (wg-quick 1.0.20210914, Debian 12)';
const IMAGE =
  'https://github.com/linuxserver/docker-wireguard (README: client mode, routing other containers’ traffic)';

/** wg-quick's own example of a kill switch, for both families. */
const hook = (name: 'PostUp' | 'PreDown', verb: '-I' | '-D'): string => {
  const rule = `${verb} OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT`;
  return `${name} = iptables ${rule} && ip6tables ${rule}`;
};
const KILL_SWITCH = [hook('PostUp', '-I'), hook('PreDown', '-D')];

/** The provider's file, for `server`, with `more` in its first section. */
const configOf = ({ client, gateway, server }: Account, more: readonly string[]): string =>
  client.text
    .replace(`Endpoint = ${gateway.v4}:`, `Endpoint = ${server}:`)
    .replace(/^(DNS = .*)$/m, ['$1', ...more].join('\n'));

const common = (more: readonly string[]) =>
  ({
    ours: false,
    absent: {
      'before the tunnel': 'its rules come with the tunnel',
      failed: 'it gives nothing up: it knows no deadline',
      'supervisor dead': 'nothing supervises the tunnel',
      'both dead': 'nothing supervises the tunnel',
    },
    run: [
      ...['--cap-add', 'NET_ADMIN', '--device', '/dev/net/tun'],
      ...['--sysctl', 'net.ipv4.conf.all.src_valid_mark=1', '--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'],
    ],
    files: (account: Account) => ({
      'wg0.conf': configOf(account, more),
      rules: '',
      tunnel: '/usr/bin/bash /usr/bin/wg-quick up /vpn/wg0.conf\n',
    }),
    tunnelProcess: 'wireguard-go',
    device: 'wg0',
  }) satisfies Partial<Recipe>;

export const wgQuick: Recipe = {
  ...common([]),
  name: 'wg-quick',
  title: 'wg-quick in the container',
  how: 'Docker’s bridge; a container with NET_ADMIN that runs `wg-quick up` with the provider’s file, all addresses of both versions in AllowedIPs, and the tunnel’s resolver in resolv.conf. WireGuard in user space, as on every kernel without the module.',
  sources: [MAN, IMAGE],
};

export const wgQuickKillSwitch: Recipe = {
  ...common(KILL_SWITCH),
  name: 'wg-quick-kill-switch',
  title: 'wg-quick with the man page’s kill switch',
  how: 'as `wg-quick`, and with the PostUp and PreDown lines of the man page: what leaves by another device, has not WireGuard’s mark and is not for the machine itself is rejected, for IPv4 and IPv6.',
  sources: [MAN, IMAGE],
};
