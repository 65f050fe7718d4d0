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
  /** Resolvers to use inside the tunnel; empty: none is known. */
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
}

/** Where one session's tunnel lives. */
export interface TunnelPlace {
  /** Name of the device while it stands on the host, ≤ 15 characters, unique on this host. */
  readonly hostDevice: string;
  /** `/var/run/kasm-sidecar/<ns>`, which exists with mode 0700. */
  readonly folder: string;
  readonly namespace: Namespace;
}

/** A tunnel whose device stands in the session, as far as it must be known to find it again after a crash. */
export interface TunnelRecord {
  readonly kind: 'wireguard';
  readonly implementation: 'kernel' | 'userspace';
  /** Of the user-space process; together with its start time, so that a reused id isn't taken for it. */
  readonly process?: { readonly id: number; readonly startTime: string } | undefined;
  /** Addresses that the VPN server's names were pinned to: `address:port`, in the order of the config's peers. */
  readonly pinned: readonly string[];
}

export interface TunnelObservation {
  /** Seconds since the epoch; undefined: never. */
  readonly latestHandshake: number | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly peerAddress: string | undefined;
}

/**
 * One kind of tunnel. The device is made in the host's namespace, so that its encrypted socket stays there, and moved
 * into the session's namespace (wireguard.com/netns).
 */
export interface TunnelKind<Settings extends TunnelSettings> {
  /** Pure. @throws EgressError CONFIG_INVALID or KEY_MISSING with one entry for each wrong line. */
  parse(egress: LaunchScript['egress']): Settings;
  /**
   * Resolves, makes the device on the host, moves it, names it, addresses it, routes to it. Undoes itself when it fails.
   * @throws EgressError ENDPOINT_REFUSED, ENDPOINT_UNRESOLVED, TUNNEL_DEVICE_FAILED
   */
  establish(place: TunnelPlace, settings: Settings): Promise<TunnelRecord>;
  /** Whether device and process of an earlier `establish` still stand; used after a crash of the daemon, and for repair. */
  isAlive(place: TunnelPlace, record: TunnelRecord): Promise<boolean>;
  /** The part of that question that costs next to nothing; true where only `isAlive` can tell. */
  mayBeAlive(record: TunnelRecord): boolean;
  observe(place: TunnelPlace, record: TunnelRecord): Promise<TunnelObservation>;
  /** Resolves the VPN server's names again, and moves to new addresses if there are any. */
  refresh(place: TunnelPlace, settings: Settings, record: TunnelRecord): Promise<TunnelRecord>;
  /**
   * Takes device, process and socket away. Safe to repeat, and without a record: absent is success. A kernel's device
   * in a namespace that goes on existing is only found with `namespace`.
   */
  remove(
    place: Pick<TunnelPlace, 'hostDevice'> & Partial<Pick<TunnelPlace, 'namespace'>>,
    record?: TunnelRecord,
  ): Promise<void>;
  /** Lets a session use its other routes again: it is wanted without a tunnel now. Until then they stay unreachable. */
  release(namespace: Namespace): Promise<void>;
}
