import { familyOf, type IpFamily } from '../../../shared/ip.ts';
import { renderPeerEndpoint } from '../peer-endpoint.ts';
import type { WireGuardServer, WireGuardSettings } from './settings.ts';

/** `wg.conf` as wg-quick(8) reads it, for operators to look at. It holds the keys. */
export const renderConfig = (settings: WireGuardSettings): string =>
  [
    '[Interface]',
    `PrivateKey = ${settings.privateKey.reveal()}`,
    `Address = ${settings.addresses.join(', ')}`,
    ...list('DNS', [...settings.dns, ...settings.searchDomains]),
    `MTU = ${settings.mtu}`,
    ...settings.servers.flatMap((server) => renderPeer(server, renderPeerEndpoint(server.endpoint), server.allowedIps)),
    '',
  ].join('\n');

/** What a device is made with, besides `WireGuardSettings`. */
export interface Pinned {
  /** `address:port`, one for each server: so nothing is looked up any more. */
  readonly endpoints: readonly string[];
  /** In which the tunnel has an address: packets of the other can neither go nor come, not even a server's router advertisement. */
  readonly families: ReadonlySet<IpFamily>;
}

/** What `wg setconf` gets. */
export const renderSetconf = (settings: WireGuardSettings, pinned: Pinned): string =>
  [
    '[Interface]',
    `PrivateKey = ${settings.privateKey.reveal()}`,
    ...pinnedServers(settings, pinned).flatMap(({ server, endpoint, allowedIps }) =>
      renderPeer(server, endpoint, allowedIps),
    ),
    '',
  ].join('\n');

/** The same, as wireguard-go's own socket takes it (wireguard.com/xplatform). */
export const renderUapi = (settings: WireGuardSettings, pinned: Pinned): string =>
  [
    `private_key=${hexOf(settings.privateKey.reveal())}`,
    'replace_peers=true',
    ...pinnedServers(settings, pinned).flatMap(({ server, endpoint, allowedIps }) => [
      `public_key=${hexOf(server.publicKey)}`,
      ...(server.presharedKey ? [`preshared_key=${hexOf(server.presharedKey.reveal())}`] : []),
      `endpoint=${endpoint}`,
      `persistent_keepalive_interval=${server.keepaliveSeconds}`,
      'replace_allowed_ips=true',
      ...allowedIps.map((range) => `allowed_ip=${range}`),
    ]),
    '',
  ].join('\n');

const pinnedServers = ({ servers }: WireGuardSettings, { endpoints, families }: Pinned) =>
  servers.flatMap((server, index) => {
    const endpoint = endpoints[index];
    const allowedIps = server.allowedIps.filter((range) => families.has(familyOf(range)));
    return endpoint === undefined ? [] : [{ server, endpoint, allowedIps }];
  });

const hexOf = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

const renderPeer = (server: WireGuardServer, endpoint: string, allowedIps: readonly string[]): string[] => [
  '',
  '[Peer]',
  `PublicKey = ${server.publicKey}`,
  ...(server.presharedKey ? [`PresharedKey = ${server.presharedKey.reveal()}`] : []),
  ...list('AllowedIPs', allowedIps),
  `Endpoint = ${endpoint}`,
  `PersistentKeepalive = ${server.keepaliveSeconds}`,
];

const list = (name: string, values: readonly string[]): string[] =>
  values.length === 0 ? [] : [`${name} = ${values.join(', ')}`];
