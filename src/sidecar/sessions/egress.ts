import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../../shared/async.ts';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import { addressOf } from '../../shared/ip.ts';
import { tunnelName } from '../../shared/names.ts';
import { ipBatchInside } from '../host/ip.ts';
import { planDirectRoutes } from '../plan/direct-routes.ts';
import type { TunnelObservation, TunnelPlace, TunnelRecord } from '../tunnels/tunnel.ts';
import type { WireGuardSettings } from '../tunnels/wireguard/settings.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** WireGuard's REJECT_AFTER_TIME (whitepaper, 6.1) and a keepalive's time: without a new handshake by then, nothing comes through. */
const STALE_AFTER_SECONDS = 205;
/** Each look costs two processes; whether a tunnel's own process lives costs nothing. */
const OBSERVE_EVERY_MS = 15_000;
const LOOK_EVERY_MS = 500;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/** One session's tunnel: brings it up within its deadline, and keeps it up. One attempt at a time. */
export class Egress {
  readonly #session: Session;
  readonly #context: SessionContext;
  #attempt: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #observed: TunnelObservation | undefined;
  #settings: WireGuardSettings | undefined;

  constructor(session: Session, context: SessionContext) {
    this.#session = session;
    this.#context = context;
  }

  get settings(): WireGuardSettings | undefined {
    return this.#settings;
  }

  /** Starts over with this launch script; what an earlier attempt made is taken away first. */
  connect(found: FoundLaunchScript): void {
    this.#begin((signal) => this.#connect(found, signal));
  }

  /** Goes on with the tunnel that an earlier process of ours left. @returns false if there is nothing to go on with. */
  async resume(found: FoundLaunchScript): Promise<boolean> {
    const record = this.#session.record.tunnel;
    const { state } = this.#session.record;
    if (!record || (state !== 'connected' && state !== 'reconnecting')) return false;
    if (this.#session.record.fingerprint !== found.fingerprint) return false;
    const settings = this.#context.wireGuard.parse(found.script.egress);
    this.#settings = settings;
    this.#useResolvers(settings).catch((error) => this.#session.warn(`resolv.conf: ${explain(error)}`));
    this.#begin((signal) => this.#keep(settings, record, signal));
    return true;
  }

  /** Lets the attempt come to nothing; `stop` waits for that and clears up. */
  abort(): void {
    this.#attempt?.control.abort();
  }

  /** Ends the attempt and takes the tunnel away. Safe to repeat. */
  async stop(): Promise<void> {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.control.abort();
    await attempt?.done;
    await this.#removeTunnel();
  }

  /** The routes of a session that is wanted without a tunnel, after it had one. */
  async release(): Promise<void> {
    const { namespace, record } = this.#session;
    if (!namespace || !record.held) return;
    await this.#context.wireGuard.release(namespace);
    this.#session.keepHold(false);
  }

  async observe(): Promise<TunnelObservation | undefined> {
    const { tunnel } = this.#session.record;
    if (!tunnel) return undefined;
    this.#observed = await this.#context.wireGuard.observe(this.#place(), tunnel).catch(() => this.#observed);
    return this.#observed;
  }

  #begin(work: (signal: AbortSignal) => Promise<void>): void {
    const earlier = this.#attempt;
    earlier?.control.abort();
    const control = new AbortController();
    const done = (earlier?.done ?? Promise.resolve()).then(() => this.#guarded(work, control.signal));
    this.#attempt = { control, done };
  }

  async #guarded(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      if (!signal.aborted) await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      await this.#removeTunnel().catch((failure) => this.#session.log('error', explain(failure)));
      await this.#session.fail(error).catch((failure) => this.#session.log('error', explain(failure)));
    }
  }

  async #connect(found: FoundLaunchScript, signal: AbortSignal): Promise<void> {
    const end = performance.now() + this.#session.deadlineMs();
    const settings = this.#context.wireGuard.parse(found.script.egress);
    this.#settings = settings;
    if (this.#session.record.tunnel) await this.#removeTunnel();
    for (const { directive, message } of settings.notices) this.#session.warn(`${directive}: ${message}`);
    const names = this.#useResolvers(settings);
    names.catch(() => undefined); // awaited below, and by then it may have failed already
    const [record] = await allOrFirstFailure([this.#establish(settings), this.#session.enter('connecting')]);
    await allOrFirstFailure([this.#waitForHandshake(record, end - performance.now(), signal), names]);
    await this.#connected(found, signal);
    await this.#keep(settings, record, signal);
  }

  async #useResolvers({ dns, searchDomains }: WireGuardSettings): Promise<void> {
    if (dns.length === 0) this.#session.warn('No resolver is known for this tunnel (DNS), so names do not resolve.');
    await this.#session.names.use({ servers: dns, searchDomains });
  }

  async #connected(found: FoundLaunchScript, signal: AbortSignal): Promise<void> {
    await this.#routeDirect(found.script.egress.allow ?? [], signal);
    signal.throwIfAborted();
    await this.#session.enter('connected');
    await this.#session.signal('ready');
  }

  async #establish(settings: WireGuardSettings): Promise<TunnelRecord> {
    this.#session.keepHold(true);
    const record = await this.#context.wireGuard.establish(this.#place(), settings);
    this.#session.keepTunnel(record);
    this.#session.log('info', `WireGuard (${record.implementation}) stands; server ${record.pinned.join(', ')}`);
    await this.#session.useServers(record.pinned.map(hostOf));
    return record;
  }

  async #waitForHandshake(record: TunnelRecord, ms: number, signal: AbortSignal): Promise<void> {
    const probe = async () => {
      this.#observed = await this.#context.wireGuard.observe(this.#place(), record);
      return this.#observed.latestHandshake === undefined ? undefined : true;
    };
    if (!(await poll(probe, { everyMs: 25, deadlineMs: ms, signal }))) throw new EgressError('HANDSHAKE_TIMEOUT');
  }

  /** Watches a tunnel that is up, until the attempt is ended. */
  async #keep(settings: WireGuardSettings, first: TunnelRecord, signal: AbortSignal): Promise<void> {
    let record = first;
    while (!signal.aborted) {
      record = await this.#look(settings, record, signal).catch((error) => {
        signal.throwIfAborted();
        this.#session.log('warn', `The tunnel could not be looked at, it is left as it is: ${explain(error)}`);
        return record;
      });
      await this.#pause(record, signal);
    }
  }

  async #look(settings: WireGuardSettings, record: TunnelRecord, signal: AbortSignal): Promise<TunnelRecord> {
    const alive = await this.#context.wireGuard.isAlive(this.#place(), record);
    const stale = alive && (await this.#isStale(record));
    signal.throwIfAborted();
    if (!alive || stale === undefined) return this.#restore(settings, signal);
    if (stale) return this.#revive(settings, record);
    await this.#session.enter('connected');
    return record;
  }

  /** Until it is time to observe again, or its process has died. */
  async #pause(record: TunnelRecord, signal: AbortSignal): Promise<void> {
    const died = () => (this.#context.wireGuard.mayBeAlive(record) ? undefined : true);
    await poll(died, { everyMs: LOOK_EVERY_MS, deadlineMs: OBSERVE_EVERY_MS, signal });
  }

  /** The process or the device is gone: the same device name and addresses again, as often as it takes. */
  async #restore(settings: WireGuardSettings, signal: AbortSignal): Promise<TunnelRecord> {
    await this.#session.enter('reconnecting', new EgressError('TUNNEL_DIED'));
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
      try {
        await this.#removeTunnel();
        const record = await this.#establish(settings);
        await this.#waitForHandshake(record, LAST_RETRY_MS, signal);
        await this.#routeDirect(this.#session.script?.script.egress.allow ?? [], signal);
        signal.throwIfAborted();
        await this.#session.enter('connected');
        return record;
      } catch (error) {
        signal.throwIfAborted();
        this.#session.log('warn', `Another try in ${wait / 1000} s: ${explain(toEgressError(error))}`);
        await sleep(wait, undefined, { signal });
      }
    }
  }

  /** Undefined where the tunnel can't be asked any more: it has died this moment. */
  async #isStale(record: TunnelRecord): Promise<boolean | undefined> {
    const observed = await this.#context.wireGuard.observe(this.#place(), record).catch(() => undefined);
    if (!observed) return undefined;
    this.#observed = observed;
    const { latestHandshake } = observed;
    return latestHandshake === undefined || Date.now() / 1000 - latestHandshake > STALE_AFTER_SECONDS;
  }

  /** WireGuard itself keeps asking; what it can't know is that the server's name leads elsewhere now. */
  async #revive(settings: WireGuardSettings, record: TunnelRecord): Promise<TunnelRecord> {
    await this.#session.enter('reconnecting', new EgressError('TUNNEL_STALE'));
    const refreshed = await this.#context.wireGuard.refresh(this.#place(), settings, record).catch((error) => {
      this.#session.log('warn', explain(error));
      return record;
    });
    if (refreshed.pinned.join() !== record.pinned.join()) {
      this.#session.keepTunnel(refreshed);
      await this.#session.useServers(refreshed.pinned.map(hostOf));
    }
    return refreshed;
  }

  /** `allow`: past the tunnel, by the wire. Docker may not have given the wire its address yet. */
  async #routeDirect(ranges: readonly string[], signal: AbortSignal): Promise<void> {
    const { namespace } = this.#session;
    if (ranges.length === 0 || !namespace) return;
    const lines = this.#session.endpoints.flatMap((endpoint) => {
      const network = this.#context.networks.get(endpoint.networkId);
      return planDirectRoutes(
        ranges,
        endpoint.joined?.link ?? '',
        [network.gateway4, network.gateway6].flatMap((gateway) => (gateway ? addressOf(gateway) : [])),
      );
    });
    const add = () =>
      ipBatchInside(this.#context.run, namespace, lines).then(
        () => true,
        () => undefined,
      );
    if (!(await poll(add, { everyMs: 100, deadlineMs: 10_000, signal }))) {
      this.#session.warn('The routes for `allow` could not be added, so those destinations are blocked.');
    }
  }

  async #removeTunnel(): Promise<void> {
    const { record } = this.#session;
    this.#observed = undefined;
    const { namespace } = this.#session;
    await this.#context.wireGuard.remove(
      { hostDevice: this.#hostDevice, ...(namespace ? { namespace } : {}) },
      record.tunnel,
    );
    if (record.tunnel) this.#session.keepTunnel(undefined);
  }

  get #hostDevice(): string {
    return tunnelName(this.#session.record.namespace);
  }

  #place(): TunnelPlace {
    const { namespace, folder } = this.#session;
    if (!namespace) throw new EgressError('NAMESPACE_GONE');
    return { hostDevice: this.#hostDevice, folder, namespace };
  }
}

/** As Promise.all, but not before all have ended: what is undone after a failure must not be done meanwhile. */
async function allOrFirstFailure<T extends readonly unknown[]>(work: readonly [...{ [K in keyof T]: Promise<T[K]> }]) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** `203.0.113.11:51820` or `[2001:db8::1]:51820` → the address. */
const hostOf = (pinned: string): string => pinned.slice(0, pinned.lastIndexOf(':')).replace(/^\[|\]$/g, '');
