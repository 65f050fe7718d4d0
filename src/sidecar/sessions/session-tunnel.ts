import { isDeepStrictEqual } from 'node:util';
import { poll } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import { addressOf, familyOf } from '../../shared/ip.ts';
import { tunnelName } from '../../shared/names.ts';
import { ipBatch } from '../host/ip.ts';
import { readSysctlInside } from '../host/sysctl.ts';
import { planDirectRoutes } from '../plan/direct-routes.ts';
import type { SessionRecord } from '../store/records.ts';
import {
  type Health,
  isTunnelKind,
  TUNNEL_KINDS,
  type TunnelKind,
  type TunnelPlace,
  type TunnelRecord,
  type TunnelSettings,
  type TunnelUp,
  type Wait,
} from '../tunnels/tunnel.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** The tunnel that a launch script wants, in one session. What stands of it is in the session's record, and only there. */
export class SessionTunnel {
  readonly kind: TunnelKind;
  readonly settings: TunnelSettings;
  readonly #allow: readonly string[];
  readonly #session: Session;
  readonly #context: SessionContext;

  /** @throws EgressError TYPE_UNSUPPORTED, CONFIG_INVALID, KEY_MISSING */
  constructor(session: Session, context: SessionContext, { script: { egress } }: FoundLaunchScript) {
    if (!isTunnelKind(egress.type)) throw new EgressError('TYPE_UNSUPPORTED');
    this.#session = session;
    this.#context = context;
    this.kind = context.tunnels[egress.type];
    this.settings = this.kind.parse(egress);
    this.#allow = egress.allow ?? [];
  }

  get record(): TunnelRecord {
    const { tunnel } = this.#session.record;
    if (!tunnel) throw new EgressError('INTERNAL', 'there is no tunnel');
    return tunnel;
  }

  get hasNews(): boolean {
    return this.kind.hasNews(this.record);
  }

  /** What was made of it beforehand. Its servers are known before the lock is loaded, which then has their rows from the beginning. */
  goOnWith(prepared: TunnelRecord): void {
    this.#session.keepTunnel(prepared);
    this.#session.expectServers(serversOf(prepared));
  }

  async establish(prepared?: TunnelRecord): Promise<void> {
    this.#session.keepHold(true);
    const record = await this.kind.establish(placeOf(this.#session), this.settings, prepared);
    this.#session.keepTunnel(record);
    const servers = record.pinned.join(', ');
    this.#session.log('info', `${this.kind.kind} (${record.implementation}) is made; server ${servers}`);
  }

  async awaitUp(wait: Wait): Promise<void> {
    const up = await this.kind.awaitUp(placeOf(this.#session), this.settings, this.record, wait);
    if (up.dns.length === 0) this.#session.warn('No resolver is known for this tunnel (DNS), so names do not resolve.');
    await this.takeUp(up);
  }

  /** What the server gave, at first or anew. */
  async takeUp(up: TunnelUp): Promise<void> {
    if (isDeepStrictEqual(this.record.up, up)) return;
    this.#session.keepTunnel({ ...this.record, up, stands: undefined });
    await this.useResolvers();
  }

  /** Those that the server gave; until then, those of the config. */
  async useResolvers(): Promise<void> {
    const { dns, searchDomains } = this.#session.record.tunnel?.up ?? this.settings;
    await this.#session.names.use({ servers: dns, searchDomains });
  }

  /**
   * Opens the way, then tells everyone. The documented rows for the server change nothing, so nobody waits for them; and while a
   * container starts, Docker's own programs in its namespace would wait for ours.
   */
  async announce(signal: AbortSignal): Promise<void> {
    await this.#routeDirect(signal);
    signal.throwIfAborted();
    await this.#session.enter('connected');
    await this.#session.signal('ready');
    await this.#session.running;
    await this.useServers();
  }

  /** The VPN server's addresses stand in the documented rows. */
  async useServers(): Promise<void> {
    await this.#session.useServers(serversOf(this.record));
  }

  check(): Promise<Health> {
    return this.kind.check(placeOf(this.#session), this.settings, this.record);
  }

  /** Moves to the server's new addresses, if it has any. */
  async refresh(): Promise<void> {
    const before = this.record;
    const refreshed = await this.kind.refresh(placeOf(this.#session), this.settings, before);
    if (refreshed.pinned.join() === before.pinned.join()) return;
    this.#session.keepTunnel(refreshed);
    await this.useServers();
  }

  async repair(up: TunnelUp, signal: AbortSignal): Promise<void> {
    await this.kind.repair(placeOf(this.#session), this.settings, up);
    await this.#routeDirect(signal);
  }

  /**
   * Docker up to 25 turns IPv6 off in a container some 0.1 s after it has made the namespace, before it opens its resolver there.
   * A tunnel that was up by then has lost its IPv6 addresses and routes: they are put back.
   */
  async restoreIpv6(signal: AbortSignal): Promise<void> {
    const { namespace, record } = this.#session;
    const up = record.tunnel?.up;
    if (!namespace || !up?.addresses.some((address) => familyOf(address) === 6)) return;
    const isOff = readSysctlInside(namespace, `net.ipv6.conf.${this.kind.device}.disable_ipv6`) === '1';
    if (isOff) await this.repair(up, signal);
  }

  async receivedBytes(): Promise<number> {
    return (await this.kind.observe(placeOf(this.#session), this.record)).receivedBytes;
  }

  remove(): Promise<void> {
    return removeTunnel(this.#session, this.#context);
  }

  /** `allow`: past the tunnel, by the wire. Docker may not have given the wire its address yet. */
  async #routeDirect(signal: AbortSignal): Promise<void> {
    const { namespace } = this.#session;
    if (this.#allow.length === 0 || !namespace) return;
    const lines = this.#session.endpoints.flatMap((endpoint) => {
      const network = this.#context.networks.get(endpoint.networkId);
      return planDirectRoutes(
        this.#allow,
        endpoint.joined?.link ?? '',
        [network.gateway4, network.gateway6].flatMap((gateway) => (gateway ? addressOf(gateway) : [])),
      );
    });
    const add = () =>
      ipBatch(this.#context.run, lines, { namespace }).then(
        () => true,
        () => undefined,
      );
    if (!(await poll(add, { everyMs: 100, deadlineMs: 10_000, signal }))) {
      this.#session.warn('The routes for `allow` could not be added, so those destinations are blocked.');
    }
  }
}

/** Whatever tunnel the session has. Absent is success. */
export async function removeTunnel(session: Session, { tunnels }: SessionContext): Promise<void> {
  const { namespace, record } = session;
  const place = { hostDevice: hostDeviceOf(record), ...(namespace ? { namespace } : {}) };
  // Without a record it may be of any kind: a crash came between its making and the record.
  const kinds = record.tunnel ? [record.tunnel.kind] : TUNNEL_KINDS;
  for (const kind of kinds) await tunnels[kind].remove(place, record.tunnel);
  if (record.tunnel) session.keepTunnel(undefined);
}

/** What the device of a session's tunnel is called while it stands on the host. */
export const hostDeviceOf = ({ namespace, tunnel }: SessionRecord): string =>
  tunnel?.hostDevice ?? tunnelName(namespace);

export function placeOf(session: Session): TunnelPlace {
  const { folder, namespace, record } = session;
  if (!namespace) throw new EgressError('NAMESPACE_GONE');
  return { hostDevice: hostDeviceOf(record), folder, namespace };
}

export const serversOf = ({ pinned }: Pick<TunnelRecord, 'pinned'>): string[] => pinned.map(hostOf);

/** `203.0.113.11:51820` or `[2001:db8::1]:51820` → the address. */
const hostOf = (pinned: string): string => pinned.slice(0, pinned.lastIndexOf(':')).replace(/^\[|\]$/g, '');
