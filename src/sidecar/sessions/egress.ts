import { allOrFirstFailure } from '../../shared/async.ts';
import { explain, toEgressError } from '../../shared/errors.ts';
import { releaseInside } from '../tunnels/inside.ts';
import type { TunnelObservation, TunnelRecord, Wait } from '../tunnels/tunnel.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { placeOf, removeTunnel, SessionTunnel } from './session-tunnel.ts';
import { TunnelKeeper } from './tunnel-keeper.ts';

/** One session's tunnel: brings it up within its deadline, and keeps it up. One attempt at a time. */
export class Egress {
  readonly #session: Session;
  readonly #context: SessionContext;
  #attempt: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #tunnel: SessionTunnel | undefined;
  #observed: TunnelObservation | undefined;

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
    const tunnel = new SessionTunnel(this.#session, this.#context, found);
    this.#session.names.goOn();
    tunnel.useResolvers().catch((error) => this.#session.warn(`resolv.conf: ${explain(error)}`));
    this.#begin((signal) => this.#keep(tunnel, signal));
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
    await this.#remove();
  }

  /** The routes of a session that is wanted without a tunnel, after it had one. */
  async release(): Promise<void> {
    const { namespace, record } = this.#session;
    if (!namespace || !record.held) return;
    await releaseInside(this.#context.run, namespace);
    this.#session.keepHold(false);
  }

  /** To be called when Docker has made the namespace ready, and before anything runs in it. */
  async restoreIpv6(): Promise<void> {
    const signal = this.#attempt?.control.signal;
    if (signal) await this.#tunnel?.restoreIpv6(signal);
  }

  async observe(): Promise<TunnelObservation | undefined> {
    const { tunnel } = this.#session.record;
    if (!tunnel) return undefined;
    const kind = this.#context.tunnels[tunnel.kind];
    this.#observed = await kind.observe(placeOf(this.#session), tunnel).catch(() => this.#observed);
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
      await this.#remove().catch((failure) => this.#session.log('error', explain(failure)));
      if (signal.aborted) return;
      await this.#session.fail(error).catch((failure) => this.#session.log('error', explain(failure)));
    }
  }

  async #connect(found: FoundLaunchScript, signal: AbortSignal): Promise<void> {
    const end = performance.now() + this.#session.deadlineMs();
    const tunnel = new SessionTunnel(this.#session, this.#context, found);
    this.#tunnel = tunnel;
    if (this.#session.record.tunnel) await this.#remove();
    const prepared = await this.#takePrepared(found);
    if (prepared) tunnel.goOnWith(prepared);
    for (const { directive, message } of tunnel.settings.notices) this.#session.warn(`${directive}: ${message}`);
    const names = tunnel.useResolvers();
    names.catch(() => undefined); // awaited below, and by then it may have failed already
    await this.#bringUp(tunnel, { end, names, prepared }, signal);
    await tunnel.announce(signal);
    await this.#keep(tunnel, signal);
  }

  async #takePrepared(found: FoundLaunchScript): Promise<TunnelRecord | undefined> {
    const { container, folder } = this.#session;
    return container && this.#context.prepared.take(container.id, found, folder);
  }

  /**
   * What fails on this host while it connects gets a second chance. So wg(8), run by anybody at that moment, removes the
   * socket of a wireguard-go that does not listen on it yet.
   */
  async #bringUp(
    tunnel: SessionTunnel,
    { end, names, prepared }: { end: number; names: Promise<void>; prepared: TunnelRecord | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const wait = (): Wait => ({ deadlineMs: end - performance.now(), signal });
    try {
      const up = tunnel.establish(prepared).then(() => tunnel.awaitUp(wait()));
      await allOrFirstFailure([up, this.#session.enter('connecting'), names]);
    } catch (error) {
      signal.throwIfAborted();
      const { code } = toEgressError(error);
      if (!SECOND_CHANCE.includes(code)) throw error;
      this.#session.log('warn', `${explain(error)} It is made once more.`);
      await this.#remove();
      await tunnel.establish();
      await allOrFirstFailure([tunnel.awaitUp(wait()), names]);
    }
  }

  #keep(tunnel: SessionTunnel, signal: AbortSignal): Promise<void> {
    return new TunnelKeeper(tunnel, this.#session, this.#context, signal).keep();
  }

  async #remove(): Promise<void> {
    this.#observed = undefined;
    await removeTunnel(this.#session, this.#context);
  }
}

const SECOND_CHANCE: readonly string[] = ['TUNNEL_DIED', 'TUNNEL_DEVICE_FAILED', 'HOST_COMMAND_FAILED'];
