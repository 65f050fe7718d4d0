import type { Secret } from '../../../shared/secret.ts';
import type { PeerEndpoint } from '../peer-endpoint.ts';
import type { TunnelSettings } from '../tunnel.ts';

export interface WireGuardSettings extends TunnelSettings {
  readonly privateKey: Secret;
  /** Inside the tunnel, in CIDR form, each with the length that the config gave it. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** One for each of `peers`, in the same order. */
  readonly servers: readonly WireGuardServer[];
}

/** A `[Peer]` of the config. */
export interface WireGuardServer {
  readonly publicKey: string;
  readonly presharedKey: Secret | undefined;
  readonly endpoint: PeerEndpoint;
  /** Networks in CIDR form. */
  readonly allowedIps: readonly string[];
  readonly keepaliveSeconds: number;
}

/** 1500 less 80 for the widest outer header (IPv6): what wg-quick takes too. Larger packets would be cut in pieces. */
export const DEFAULT_MTU = 1420;
/** RFC 8200: a link below has no IPv6. */
export const MIN_IPV6_MTU = 1280;

/**
 * Used where the config has none. The handshake then starts by itself, NATs on the way stay open, and a server that
 * answers nothing is seen as dead although nobody sends.
 */
export const DEFAULT_KEEPALIVE_SECONDS = 25;
/** With a longer one an idle tunnel's last handshake grows older than 180 s, and it would be taken for dead. */
export const MAX_KEEPALIVE_SECONDS = 60;
