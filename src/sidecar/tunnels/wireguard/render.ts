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

/**
 * What `wg setconf` gets. Endpoints as they were pinned, so that wg looks nothing up. Only families in which the tunnel
 * has an address: packets of the other can then neither go nor come, not even a server's router advertisement.
 * @param pinned `address:port`, one for each server
 */
export function renderSetconf(
  settings: WireGuardSettings,
  pinned: readonly string[],
  families: ReadonlySet<IpFamily>,
): string {
  const peers = settings.servers.flatMap((server, index) => {
    const endpoint = pinned[index];
    const allowed = server.allowedIps.filter((range) => families.has(familyOf(range)));
    return endpoint === undefined ? [] : renderPeer(server, endpoint, allowed);
  });
  return ['[Interface]', `PrivateKey = ${settings.privateKey.reveal()}`, ...peers, ''].join('\n');
}

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
