import type { Secret } from '../../../shared/secret.ts';
import type { TunnelSettings } from '../tunnel.ts';

export interface OpenVpnRemote {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
  /** Of the encrypted packets, where the config insists on one (`udp4`, `tcp6-client`). */
  readonly family?: 4 | 6;
}

export interface OpenVpnSettings extends TunnelSettings {
  /** Directives without remotes, credentials and private key, written anew; has inline secrets such as tls-auth's. */
  readonly config: Secret;
  /** In the config's order. */
  readonly remotes: readonly OpenVpnRemote[];
  readonly remoteRandom: boolean;
  /** In PEM. One that is encrypted, or inside of `<pkcs12>`, stays in `config`. */
  readonly privateKey: Secret | undefined;
  /** Where the config asks for them with auth-user-pass. */
  readonly credentials: { readonly username: Secret; readonly password: Secret } | undefined;
  /** Of an encrypted private key, or of `<pkcs12>`. */
  readonly passphrase: Secret | undefined;
  /**
   * `concat`: the response goes right behind the password, otherwise both go in one SCRV1 answer. The question that
   * OpenVPN asks does not tell: its 2.6 has no such format.
   */
  readonly staticChallenge: { readonly response: Secret; readonly concat: boolean } | undefined;
  readonly pushed: PushedRules;
  readonly tunMtu: number | undefined;
}

/** What of the server's PUSH_REPLY is wanted. */
export interface PushedRules {
  /** `route-nopull`, which leaves out resolvers too. */
  readonly ignoreDns: boolean;
  /** All pull-filters in their order: the first that fits decides, and a line that none fits is taken. */
  readonly filters: readonly PullFilter[];
}

export interface PullFilter {
  readonly action: 'accept' | 'ignore' | 'reject';
  readonly beginning: string;
}

export const DEFAULT_PORT = 1194;
export const MAX_REMOTES = 64;
/** Each is a lookup that holds a thread of the daemon for as long as the resolver takes. */
export const MAX_NAMES = 8;
