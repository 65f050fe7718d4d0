import type { GatewayAddresses } from './addresses.ts';
import { WIREGUARD_PORT } from './addresses.ts';

/** What a provider's file may look like. */
export interface ClientOptions {
  /** Instead of the gateway's address: a name, or an address that must be refused. */
  readonly endpoint?: string;
  /** PreUp, PostUp, PreDown, PostDown and SaveConfig, as some providers' files have them. */
  readonly hooks?: boolean;
  /** Line ends as Windows writes them. */
  readonly crlf?: boolean;
  /** Addresses and routes of version 6, too. */
  readonly ipv6?: boolean;
  readonly presharedKey?: boolean;
  /** Of the file's DNS line; none: no line. Default: the gateway's own. */
  readonly dns?: readonly string[];
  readonly mtu?: number;
  /** The key is not in the file: it comes with the credential. */
  readonly withoutPrivateKey?: boolean;
  /** Default: everything. */
  readonly allowedIps?: readonly string[];
}

export interface ClientIdentity {
  readonly privateKey: string;
  readonly presharedKey?: string | undefined;
  readonly addresses: readonly string[];
  readonly serverPublicKey: string;
}

/** Text of a provider's file. */
export function renderClientConfig(
  gateway: GatewayAddresses,
  identity: ClientIdentity,
  options: ClientOptions = {},
): string {
  const everything = options.ipv6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0'];
  const dns = options.dns ?? [gateway.inner4, ...(options.ipv6 ? [gateway.inner6] : [])];
  const lines = [
    '# Demo gateway of the lab',
    '[Interface]',
    ...(options.withoutPrivateKey ? [] : [`PrivateKey = ${identity.privateKey}`]),
    `Address = ${identity.addresses.join(', ')}`,
    ...(dns.length === 0 ? [] : [`DNS = ${dns.join(', ')}`]),
    ...(options.mtu === undefined ? [] : [`MTU = ${options.mtu}`]),
    ...(options.hooks
      ? [
          'PreUp = touch /tmp/kasmlab-hook-ran',
          'PostUp = iptables -P OUTPUT ACCEPT; touch /tmp/kasmlab-hook-ran',
          'PreDown = touch /tmp/kasmlab-hook-ran',
          'PostDown = touch /tmp/kasmlab-hook-ran',
          'SaveConfig = true',
        ]
      : []),
    '',
    '[Peer]',
    `PublicKey = ${identity.serverPublicKey}`,
    ...(identity.presharedKey === undefined ? [] : [`PresharedKey = ${identity.presharedKey}`]),
    `AllowedIPs = ${(options.allowedIps ?? everything).join(', ')}`,
    `Endpoint = ${options.endpoint ?? gateway.v4}:${WIREGUARD_PORT}`,
    'PersistentKeepalive = 5',
    '',
  ];
  return lines.join(options.crlf ? '\r\n' : '\n');
}
