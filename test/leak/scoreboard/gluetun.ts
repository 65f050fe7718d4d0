import { accessSync, constants } from 'node:fs';
import { WIREGUARD_PORT } from '../../../lab/addresses.ts';
import type { Account, Recipe } from './recipe.ts';

const DEVICE = 'tun0';
const PROGRAM = process.env.KASM_SIDECAR_GLUETUN ?? '';
/** For the page: which version it is, and who built it. */
const NOTE = process.env.KASM_SIDECAR_GLUETUN_NOTE ?? '';

function missing(): string | undefined {
  if (PROGRAM === '') return 'KASM_SIDECAR_GLUETUN does not name its program';
  try {
    accessSync(PROGRAM, constants.X_OK);
    return undefined;
  } catch {
    return `${PROGRAM} is no program`;
  }
}

/** Its own settings, by the names its wiki gives. It would restart the tunnel because the lab has none of its test sites. */
const settings = ({ client, gateway, server }: Account): Record<string, string> => ({
  VPN_SERVICE_PROVIDER: 'custom',
  VPN_TYPE: 'wireguard',
  VPN_INTERFACE: DEVICE,
  WIREGUARD_IMPLEMENTATION: 'userspace',
  WIREGUARD_ENDPOINT_IP: server,
  WIREGUARD_ENDPOINT_PORT: String(WIREGUARD_PORT),
  WIREGUARD_PUBLIC_KEY: /^PublicKey = (.*)$/m.exec(client.text)?.[1] ?? '',
  WIREGUARD_PRIVATE_KEY: client.privateKey,
  WIREGUARD_ADDRESSES: `${client.address}/32,${client.address6}/128`,
  DNS_SERVER: 'off',
  DNS_ADDRESS: gateway.inner4,
  HEALTH_RESTART_VPN: 'off',
  PUBLICIP_ENABLED: 'off',
  VERSION_INFORMATION: 'off',
  UPDATER_PERIOD: '0',
  // Its image says these; without them it ends.
  PPROF_ENABLED: 'no',
  PPROF_BLOCK_PROFILE_RATE: '0',
  PPROF_MUTEX_PROFILE_RATE: '0',
  PPROF_HTTP_SERVER_ADDRESS: ':6060',
});

const script = (account: Account): string =>
  [
    ...Object.entries(settings(account)).map(([name, value]) => `export ${name}='${value}'`),
    'echo 3.22.0 >/etc/alpine-release # it asks, and ends where there is no answer',
    'exec /vpn-program/gluetun',
    '',
  ].join('\n');

/** It asks for OpenVPN's version, by its image's names, also where it needs none. */
const OPENVPN = '#!/usr/bin/bash\nexec /usr/sbin/openvpn "$@"\n';

/** The program itself, as the container's first process, with its own rules. */
export const gluetun: Recipe = {
  name: 'gluetun',
  title: 'gluetun itself',
  ours: false,
  how: `Docker’s bridge; a container with NET_ADMIN whose first process is gluetun’s own program, set up by its environment; the attacker shares its namespace (--network container:…). Its restart of an unhealthy VPN is off: the lab has none of the sites that it asks for.${NOTE ? ` The program: ${NOTE}.` : ''}`,
  sources: [
    'https://github.com/qdm12/gluetun-wiki (setup/providers/custom.md, setup/options, setup/connect-a-container-to-gluetun.md)',
  ],
  ...(missing() === undefined ? {} : { missing: missing() as string }),
  absent: {
    'before the tunnel': 'it begins with the tunnel as soon as its rules stand',
    failed: 'it gives nothing up: it tries again without end',
    'tunnel dead': 'the tunnel’s process and its supervisor are one',
    'supervisor dead': 'the tunnel’s process and its supervisor are one',
  },
  run: [
    ...['--cap-add', 'NET_ADMIN', '--device', '/dev/net/tun'],
    ...['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'],
    ...(PROGRAM === '' ? [] : ['--mount', `type=bind,src=${PROGRAM},dst=/vpn-program/gluetun,readonly`]),
  ],
  files: (account) => ({ rules: '', tunnel: script(account), 'bin/openvpn2.5': OPENVPN, 'bin/openvpn2.6': OPENVPN }),
  tunnelProcess: undefined,
  device: DEVICE,
};
