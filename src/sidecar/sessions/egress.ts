import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { poll } from '../../shared/async.ts';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import { addressOf } from '../../shared/ip.ts';
import { tunnelName } from '../../shared/names.ts';
import { ipBatchInside } from '../host/ip.ts';
import { planDirectRoutes } from '../plan/direct-routes.ts';
import { releaseInside } from '../tunnels/inside.ts';
import {
  type Health,
  TUNNEL_KINDS,
  type TunnelKind,
  type TunnelKindName,
  type TunnelObservation,
  type TunnelPlace,
  type TunnelRecord,
  type TunnelSettings,
  type TunnelUp,
  type Wait,
} from '../tunnels/tunnel.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import { retryPause } from './pace.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { TunnelWatch } from './tunnel-watch.ts';

/** Each is a question to the tunnel's process; whether there may be news costs nothing. */
const CHECK_EVERY_MS = 30_000;
const CHECK_DEAD_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** Each is a lookup on the host. */
const REFRESH_EVERY_MS = 10_000;

/** One session's tunnel: brings it up within its deadline, and keeps it up. One attempt at a time. */
export class Egress {
  readonly #session: Session;
  readonly #context: SessionContext;
  #attempt: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #observed: TunnelObservation | undefined;
  #complaint = '';
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(session: Session, context: SessionContext) {
    this.#session = session;
    this.#context = context;
  }

  /** Starts over with this launch script; what an earlier attempt made is taken away first. */
  connect(found: FoundLaunchScript): void {
    this.#begin((signal) => this.#connect(found, signal));
  }

  /** Goes on with the tunnel that an earlier process of ours left. @returns false if there is nothing to go on with. */
  async resume(found: FoundLaunchScript): Promise<boolean> {
    const { state, tunnel: record, fingerprint } = this.#session.record;
    if (!record || (state !== 'connected' && state !== 'reconnecting')) return false;
    if (fingerprint !== found.fingerprint || record.kind !== found.script.egress.type) return false;
    const tunnel = this.#open(found);
    await this.#session.useServers(record.pinned.map(hostOf));
    this.#useResolvers(record.up ?? tunnel.settings).catch((error) =>
      this.#session.warn(`resolv.conf: ${explain(error)}`),
    );
    this.#begin((signal) => this.#keep(tunnel, record, signal));
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
    await releaseInside(this.#context.run, namespace);
    this.#session.keepHold(false);
  }

  async observe(): Promise<TunnelObservation | undefined> {
    const { tunnel } = this.#session.record;
    if (!tunnel) return undefined;
    const kind = this.#context.tunnels[tunnel.kind];
    this.#observed = await kind.observe(this.#place(), tunnel).catch(() => this.#observed);
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
      if (signal.aborted) return;
      await this.#session.fail(error).catch((failure) => this.#session.log('error', explain(failure)));
    }
  }

  #open({ script: { egress } }: FoundLaunchScript): WantedTunnel {
    if (!isTunnelKind(egress.type)) throw new EgressError('TYPE_UNSUPPORTED');
    const kind = this.#context.tunnels[egress.type];
    return { kind, settings: kind.parse(egress), allow: egress.allow ?? [] };
  }

  async #connect(found: FoundLaunchScript, signal: AbortSignal): Promise<void> {
    const end = performance.now() + this.#session.deadlineMs();
    const tunnel = this.#open(found);
    if (this.#session.record.tunnel) await this.#removeTunnel();
    for (const { directive, message } of tunnel.settings.notices) this.#session.warn(`${directive}: ${message}`);
    const names = this.#useResolvers(tunnel.settings);
    names.catch(() => undefined); // awaited below, and by then it may have failed already
    const [record] = await allOrFirstFailure([this.#establish(tunnel), this.#session.enter('connecting')]);
    const wait = { deadlineMs: end - performance.now(), signal };
    const [up] = await allOrFirstFailure([this.#awaitUp(tunnel, record, wait), names]);
    await this.#connected(tunnel, signal);
    await this.#keep(tunnel, { ...record, up }, signal);
  }

  async #useResolvers({ dns, searchDomains }: Pick<TunnelUp, 'dns' | 'searchDomains'>): Promise<void> {
    await this.#session.names.use({ servers: dns, searchDomains });
  }

  async #connected({ allow }: WantedTunnel, signal: AbortSignal): Promise<void> {
    await this.#routeDirect(allow, signal);
    signal.throwIfAborted();
    await this.#session.enter('connected');
    await this.#session.signal('ready');
  }

  async #establish({ kind, settings }: WantedTunnel): Promise<TunnelRecord> {
    this.#session.keepHold(true);
    const record = await kind.establish(this.#place(), settings);
    this.#session.keepTunnel(record);
    this.#session.log('info', `${kind.kind} (${record.implementation}) is made; server ${record.pinned.join(', ')}`);
    await this.#session.useServers(record.pinned.map(hostOf));
    return record;
  }

  async #awaitUp({ kind, settings }: WantedTunnel, record: TunnelRecord, wait: Wait): Promise<TunnelUp> {
    const up = await kind.awaitUp(this.#place(), settings, record, wait);
    if (up.dns.length === 0) this.#session.warn('No resolver is known for this tunnel (DNS), so names do not resolve.');
    await this.#takeUp(record, up);
    return up;
  }

  /** What the server gave, at first or anew. */
  async #takeUp(record: TunnelRecord, up: TunnelUp): Promise<void> {
    if (isDeepStrictEqual(this.#session.record.tunnel?.up, up)) return;
    this.#session.keepTunnel({ ...record, up });
    await this.#useResolvers(up);
  }

  /** Watches a tunnel that is up, until the attempt is ended. */
  async #keep(tunnel: WantedTunnel, first: TunnelRecord, signal: AbortSignal): Promise<void> {
    let record = first;
    let watch = this.#watch(tunnel, record, signal);
    try {
      while (!signal.aborted) {
        await this.#announceDeath(watch);
        const health = await this.#check(tunnel, record, signal);
        signal.throwIfAborted();
        if (health?.state === 'refused') throw health.why;
        const before = record;
        const truth = health && (await heard(health, watch));
        signal.throwIfAborted();
        if (truth) record = await this.#answer(tunnel, record, truth, watch, signal);
        if (record.process?.id !== before.process?.id || !isDeepStrictEqual(record.up, before.up)) {
          watch?.close();
          watch = this.#watch(tunnel, record, signal);
        }
        const cameBack = health?.state === 'up' && truth?.state === 'silent' && !watch?.isDead;
        if (!cameBack) await this.#pause(tunnel, record, watch, signal);
      }
    } finally {
      watch?.close();
    }
  }

  /** Before the tunnel is asked, which may hang. */
  async #announceDeath(watch: TunnelWatch | undefined): Promise<void> {
    if (watch?.isDead && this.#session.record.state === 'connected')
      await this.#session.enter('reconnecting', new EgressError('TUNNEL_STALE'));
  }

  /** Undefined where there is nothing to watch: the tunnel itself must tell. */
  #watch({ kind, settings, allow }: WantedTunnel, record: TunnelRecord, signal: AbortSignal): TunnelWatch | undefined {
    const { up } = record;
    const { namespace } = this.#session;
    if (!namespace || !up) return undefined;
    const repair = async () => {
      await kind.repair(this.#place(), settings, up);
      await this.#routeDirect(allow, signal);
    };
    const log = (level: 'info' | 'warn', text: string) => this.#session.log(level, text);
    const received = async () => (await kind.observe(this.#place(), record)).receivedBytes;
    const { run } = this.#context;
    try {
      return new TunnelWatch({ run, namespace, device: kind.device, up, received, repair, log });
    } catch (error) {
      log('warn', `The tunnel can't be watched from outside: ${explain(error)}`);
      return undefined;
    }
  }

  /** Undefined where it could not be looked at, which says nothing of the tunnel. */
  async #check(
    { kind, settings }: WantedTunnel,
    record: TunnelRecord,
    signal: AbortSignal,
  ): Promise<Health | undefined> {
    return kind.check(this.#place(), settings, record).catch((error) => {
      signal.throwIfAborted();
      this.#session.log('warn', `The tunnel could not be looked at, it is left as it is: ${explain(error)}`);
      return undefined;
    });
  }

  async #answer(
    tunnel: WantedTunnel,
    record: TunnelRecord,
    health: Health,
    watch: TunnelWatch | undefined,
    signal: AbortSignal,
  ): Promise<TunnelRecord> {
    switch (health.state) {
      case 'up':
        this.#complaint = '';
        await this.#takeUp(record, health.up);
        signal.throwIfAborted();
        await this.#session.enter('connected');
        return { ...record, up: health.up };
      case 'silent':
        await this.#session.enter('reconnecting', health.why);
        return this.#refresh(tunnel, record, watch, signal);
      case 'gone':
      case 'refused':
        await this.#session.enter('reconnecting', health.why);
        return this.#restore(tunnel, signal);
    }
  }

  /** Until it is time to look again, or there may be news. */
  async #pause(
    { kind }: WantedTunnel,
    record: TunnelRecord,
    watch: TunnelWatch | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wasDead = watch?.isDead;
    const news = async () => {
      if (kind.hasNews(record)) return true;
      await watch?.look();
      return watch?.isDead !== wasDead || watch?.isGone ? true : undefined;
    };
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    await poll(news, { everyMs: LOOK_EVERY_MS, deadlineMs: wasDead ? CHECK_DEAD_EVERY_MS : CHECK_EVERY_MS, signal });
  }

  /** The process or the device is gone: the same device name again, as often as it takes. */
  async #restore(tunnel: WantedTunnel, signal: AbortSignal): Promise<TunnelRecord> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#removeTunnel();
        await this.#context.restoring.turn(signal);
        const record = await this.#establish(tunnel);
        const up = await this.#awaitUp(tunnel, record, { deadlineMs: this.#session.deadlineMs(), signal });
        await this.#connected(tunnel, signal);
        return { ...record, up };
      } catch (error) {
        signal.throwIfAborted();
        const failure = toEgressError(error);
        if (isFinal(failure.code)) throw failure;
        await this.#session.enter('reconnecting', failure);
        this.#complain(explain(failure));
        await sleep(retryPause(tries), undefined, { signal });
      }
    }
  }

  /** The tunnel itself keeps asking; what it can't know is that the server's name leads elsewhere now. */
  async #refresh(
    { kind, settings }: WantedTunnel,
    record: TunnelRecord,
    watch: TunnelWatch | undefined,
    signal: AbortSignal,
  ): Promise<TunnelRecord> {
    if (performance.now() - this.#refreshedAt < REFRESH_EVERY_MS) return record;
    if (!(await this.#waitForTurn(watch, signal))) return record;
    this.#refreshedAt = performance.now();
    const refreshed = await kind.refresh(this.#place(), settings, record).catch((error) => {
      this.#complain(explain(error));
      return record;
    });
    if (refreshed.pinned.join() !== record.pinned.join()) {
      this.#session.keepTunnel(refreshed);
      await this.#session.useServers(refreshed.pinned.map(hostOf));
    }
    return refreshed;
  }

  /** Once for each outage: hundreds of sessions that try again every few seconds would say the same for hours. */
  #complain(text: string): void {
    if (text === this.#complaint) return;
    this.#complaint = text;
    this.#session.log('warn', `${text}; it is tried again, at the latest every 15 s`);
  }

  /** @returns whether the tunnel is still silent when its turn has come */
  async #waitForTurn(watch: TunnelWatch | undefined, signal: AbortSignal): Promise<boolean> {
    await this.#context.refreshing.turn(signal);
    if (!watch?.isDead) return true; // it was the tunnel itself that said so
    await watch.askAgain();
    signal.throwIfAborted();
    return watch.isDead;
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
    const { namespace, record } = this.#session;
    this.#observed = undefined;
    const place = { hostDevice: this.#hostDevice, ...(namespace ? { namespace } : {}) };
    // Without a record it may be of any kind: a crash came between its making and the record.
    const kinds = record.tunnel ? [record.tunnel.kind] : TUNNEL_KINDS;
    for (const kind of kinds) await this.#context.tunnels[kind].remove(place, record.tunnel);
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

/** What a launch script wants. */
interface WantedTunnel {
  readonly kind: TunnelKind;
  readonly settings: TunnelSettings;
  readonly allow: readonly string[];
}

/** What counts more than what a tunnel believes of itself: whether packets come back. */
async function heard(health: Health, watch: TunnelWatch | undefined): Promise<Health> {
  if (health.state !== 'up' || !watch?.isDead) return health;
  await watch.askAgain(); // it may have come back this moment
  return watch.isDead ? { state: 'silent', why: new EgressError('TUNNEL_STALE') } : health;
}

const isTunnelKind = (type: string): type is TunnelKindName => TUNNEL_KINDS.some((kind) => kind === type);

/** The same credential, key or configuration would fail again, and a server may lock an account for it. */
const FINAL: readonly (string | undefined)[] = [
  'AUTH_FAILED',
  'CHALLENGE_UNSUPPORTED',
  'KEY_PASSPHRASE_WRONG',
  'KEY_UNUSABLE',
];
export const isFinal = (code: string | undefined): boolean => FINAL.includes(code);

/** As Promise.all, but not before all have ended: what is undone after a failure must not be done meanwhile. */
async function allOrFirstFailure<T extends readonly unknown[]>(work: readonly [...{ [K in keyof T]: Promise<T[K]> }]) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** `203.0.113.11:51820` or `[2001:db8::1]:51820` → the address. */
const hostOf = (pinned: string): string => pinned.slice(0, pinned.lastIndexOf(':')).replace(/^\[|\]$/g, '');
