import type { EgressError } from '../../shared/errors.ts';
import type { LaunchScript } from '../../shared/launch-script.ts';
import type { Namespace } from '../host/netns.ts';

/** What an operator should know about a config: a line that was dropped or replaced, and why that is safe. */
export interface Notice {
  readonly line?: number;
  readonly directive: string;
  readonly message: string;
}

/** A launch script's egress, parsed and checked without touching the host. */
export interface TunnelSettings {
  readonly notices: readonly Notice[];
  /** Names or addresses (`host:port`) of the VPN servers, as the config has them; for display. */
  readonly peers: readonly string[];
  /** Resolvers to use inside the tunnel; empty: none is known before it is up. */
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
}

/** What one session's tunnel has on the host. */
export interface HostPlace {
  /** Name of the device while it stands on the host, ≤ 15 characters, unique on this host. */
  readonly hostDevice: string;
  /** `/var/run/kasm-sidecar/<ns>`, with mode 0700. */
  readonly folder: string;
}

/** Where one session's tunnel lives. */
export interface TunnelPlace extends HostPlace {
  readonly namespace: Namespace;
}

export const TUNNEL_KINDS = ['wireguard', 'openvpn'] as const;
export type TunnelKindName = (typeof TUNNEL_KINDS)[number];
export const isTunnelKind = (type: string): type is TunnelKindName => TUNNEL_KINDS.some((kind) => kind === type);

/** A tunnel that has been made, as far as it must be known to find it again after a crash. */
export interface TunnelRecord {
  readonly kind: TunnelKindName;
  readonly implementation: 'kernel' | 'userspace';
  /** `HostPlace.hostDevice` of one that was prepared, and so has not the session's own name for it. */
  readonly hostDevice?: string | undefined;
  /** Of the user-space process; together with its start time, so that a reused id isn't taken for it. */
  readonly process?: { readonly id: number; readonly startTime: string } | undefined;
  /** Addresses that the VPN server's names were pinned to: `address:port`, in the order of the config's peers. */
  readonly pinned: readonly string[];
  /** What of it stood inside when it was made (`describeInside`), so that a later process of ours sees what is missing. */
  readonly stands?: string | undefined;
  /** Since it was up for the first time. */
  readonly up?: TunnelUp | undefined;
}

/** What a tunnel that is up gives its session. */
export interface TunnelUp {
  /** Inside the tunnel, in CIDR form. */
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
  /** Of the device, before anybody knew how much the path to the server carries. */
  readonly mtu: number;
}

export interface TunnelObservation {
  /** Seconds since the epoch; undefined: never, or not known of this kind. */
  readonly latestHandshake: number | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly peerAddress: string | undefined;
}

/**
 * - `silent`: the server doesn't answer, and the tunnel goes on trying by itself.
 * - `gone`: process or device is no more; it must be made again.
 * - `refused`: trying again with the same settings is of no use.
 */
export type Health =
  | { readonly state: 'up'; readonly up: TunnelUp }
  | { readonly state: 'silent' | 'gone' | 'refused'; readonly why: EgressError };

/**
 * One kind of tunnel. The device is made in the host's namespace, so that its encrypted socket stays there, and moved
 * into the session's namespace (wireguard.com/netns).
 */
export interface TunnelKind<Settings extends TunnelSettings = TunnelSettings> {
  readonly kind: TunnelKindName;
  /** Name of its device inside a session. */
  readonly device: 'wg' | 'tun0';
  /** Pure. @throws EgressError CONFIG_INVALID or KEY_MISSING with one entry for each wrong line. */
  parse(egress: LaunchScript['egress']): Settings;
  /**
   * Resolves, and makes on the host what needs no namespace. Undoes itself when it fails.
   * @throws EgressError ENDPOINT_REFUSED, ENDPOINT_UNRESOLVED, TUNNEL_DEVICE_FAILED, OPENVPN_FAILED
   */
  prepare(place: HostPlace, settings: Settings): Promise<TunnelRecord>;
  /**
   * Makes what can be made before the server answers, and shuts every other way in the namespace. Undoes itself when it fails.
   * @param prepared what `prepare` has made of it already, for a namespace in which nothing has run yet
   * @throws EgressError as `prepare`
   */
  establish(place: TunnelPlace, settings: Settings, prepared?: TunnelRecord): Promise<TunnelRecord>;
  /**
   * Waits for the server's first answer; then the device stands inside, with its addresses and routes.
   * @throws EgressError HANDSHAKE_TIMEOUT, or the reason that is known
   */
  awaitUp(place: TunnelPlace, settings: Settings, record: TunnelRecord, wait: Wait): Promise<TunnelUp>;
  /** How an established tunnel is doing; also what was made by an earlier process of ours. Mends what it can in place. */
  check(place: TunnelPlace, settings: Settings, record: TunnelRecord): Promise<Health>;
  /** Whether `check` may have news; costs next to nothing. */
  hasNews(record: TunnelRecord): boolean;
  /** Puts back what somebody else took away inside: addresses, routes and what makes the rest unreachable. */
  repair(place: TunnelPlace, settings: Settings, up: TunnelUp): Promise<void>;
  observe(place: TunnelPlace, record: TunnelRecord): Promise<TunnelObservation>;
  /**
   * For a tunnel through which nothing comes back: resolves the VPN server's names again, moves to new addresses if there are
   * any, and tries again at once.
   */
  refresh(place: TunnelPlace, settings: Settings, record: TunnelRecord): Promise<TunnelRecord>;
  /**
   * Takes device, process and socket away. Safe to repeat, and without a record: absent is success. A kernel's device
   * in a namespace that goes on existing is only found with `namespace`.
   */
  remove(place: RemovalPlace, record?: TunnelRecord): Promise<void>;
}

export type RemovalPlace = Pick<TunnelPlace, 'hostDevice'> & Partial<Pick<TunnelPlace, 'namespace'>>;

export interface Wait {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}
