import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { EgressError, explain, toEgressError } from '../../shared/errors.ts';
import type { Health, TunnelRecord } from '../tunnels/tunnel.ts';
import { isFinal } from './final-failures.ts';
import { retryPause } from './pace.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionTunnel } from './session-tunnel.ts';
import { TunnelWatch } from './tunnel-watch.ts';

/** Each is a question to the tunnel's process; whether there may be news costs nothing. */
const CHECK_EVERY_MS = 30_000;
const CHECK_DEAD_EVERY_MS = 10_000;
/** Each is a lookup on the host. */
const REFRESH_EVERY_MS = 10_000;

/** Keeps a tunnel that has been up: says when it is not, and brings it back. */
export class TunnelKeeper {
  readonly #tunnel: SessionTunnel;
  readonly #session: Session;
  readonly #context: SessionContext;
  readonly #signal: AbortSignal;
  #watch: TunnelWatch | undefined;
  #complaint = '';
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(tunnel: SessionTunnel, session: Session, context: SessionContext, signal: AbortSignal) {
    this.#tunnel = tunnel;
    this.#session = session;
    this.#context = context;
    this.#signal = signal;
  }

  /** Until `signal`. @throws EgressError what makes every further attempt useless */
  async keep(): Promise<void> {
    this.#openWatch();
    try {
      while (!this.#signal.aborted) await this.#turn();
    } finally {
      this.#watch?.close();
    }
  }

  async #turn(): Promise<void> {
    await this.#announceDeath();
    const health = await this.#check();
    this.#signal.throwIfAborted();
    if (health?.state === 'refused') throw health.why;
    const before = this.#tunnel.record;
    const truth = health && (await heard(health, this.#watch));
    this.#signal.throwIfAborted();
    if (truth) await this.#answer(truth);
    if (isAnother(before, this.#tunnel.record)) this.#openWatch();
    const cameBack = health?.state === 'up' && truth?.state === 'silent' && !this.#watch?.isDead;
    if (!cameBack) await this.#pause();
  }

  /** Before the tunnel is asked, which may hang. */
  async #announceDeath(): Promise<void> {
    if (this.#watch?.isDead && this.#session.record.state === 'connected')
      await this.#session.enter('reconnecting', new EgressError('TUNNEL_STALE'));
  }

  /** Without one, the tunnel itself must tell. */
  #openWatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
    const { namespace } = this.#session;
    const { up, stands } = this.#tunnel.record;
    if (!namespace || !up) return;
    const log = (level: 'info' | 'warn', text: string) => this.#session.log(level, text);
    try {
      this.#watch = new TunnelWatch({
        run: this.#context.run,
        namespace,
        device: this.#tunnel.kind.device,
        up,
        received: () => this.#tunnel.receivedBytes(),
        stands,
        onStands: (text) => this.#session.keepTunnel({ ...this.#tunnel.record, stands: text }),
        repair: () => this.#tunnel.repair(up, this.#signal),
        log,
      });
    } catch (error) {
      log('warn', `The tunnel can't be watched from outside: ${explain(error)}`);
    }
  }

  /** Undefined where it could not be looked at, which says nothing of the tunnel. */
  async #check(): Promise<Health | undefined> {
    return this.#tunnel.check().catch((error) => {
      this.#signal.throwIfAborted();
      this.#session.log('warn', `The tunnel could not be looked at, it is left as it is: ${explain(error)}`);
      return undefined;
    });
  }

  async #answer(health: Health): Promise<void> {
    switch (health.state) {
      case 'up':
        this.#complaint = '';
        await this.#tunnel.takeUp(health.up);
        this.#signal.throwIfAborted();
        return this.#session.enter('connected');
      case 'silent':
        await this.#session.enter('reconnecting', health.why);
        return this.#refresh();
      case 'gone':
      case 'refused':
        await this.#session.enter('reconnecting', health.why);
        return this.#restore();
    }
  }

  /** Until it is time to look again, or there may be news. */
  async #pause(): Promise<void> {
    const wasDead = this.#watch?.isDead;
    const hasNews = () => this.#watch?.isDead !== wasDead || this.#watch?.isGone === true;
    const look = () => this.#tunnel.hasNews || (this.#watch?.look()?.then(hasNews) ?? hasNews());
    const deadlineMs = wasDead ? CHECK_DEAD_EVERY_MS : CHECK_EVERY_MS;
    await this.#context.everySecond.until(look, { deadlineMs, signal: this.#signal });
  }

  /** The process or the device is gone: the same device name again, as often as it takes. */
  async #restore(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#tunnel.remove();
        await this.#context.restoring.turn(this.#signal);
        await this.#tunnel.establish();
        await this.#tunnel.awaitUp({ deadlineMs: this.#session.deadlineMs(), signal: this.#signal });
        return await this.#tunnel.announce(this.#signal);
      } catch (error) {
        this.#signal.throwIfAborted();
        const failure = toEgressError(error);
        if (isFinal(failure.code)) throw failure;
        await this.#session.enter('reconnecting', failure);
        this.#complain(explain(failure));
        await sleep(retryPause(tries), undefined, { signal: this.#signal });
      }
    }
  }

  /** The tunnel itself keeps asking; what it can't know is that the server's name leads elsewhere now. */
  async #refresh(): Promise<void> {
    if (performance.now() - this.#refreshedAt < REFRESH_EVERY_MS) return;
    if (!(await this.#waitForTurn())) return;
    this.#refreshedAt = performance.now();
    await this.#tunnel.refresh().catch((error) => this.#complain(explain(error)));
  }

  /** @returns whether the tunnel is still silent when its turn has come */
  async #waitForTurn(): Promise<boolean> {
    await this.#context.refreshing.turn(this.#signal);
    if (!this.#watch?.isDead) return true; // it was the tunnel itself that said so
    await this.#watch.askAgain();
    this.#signal.throwIfAborted();
    return this.#watch.isDead;
  }

  /** Once for each outage: hundreds of sessions that try again every few seconds would say the same for hours. */
  #complain(text: string): void {
    if (text === this.#complaint) return;
    this.#complaint = text;
    this.#session.log('warn', `${text}; it is tried again, at the latest every 15 s`);
  }
}

/** What counts more than what a tunnel believes of itself: whether packets come back. */
async function heard(health: Health, watch: TunnelWatch | undefined): Promise<Health> {
  if (health.state !== 'up' || !watch?.isDead) return health;
  await watch.askAgain(); // it may have come back this moment
  return watch.isDead ? { state: 'silent', why: new EgressError('TUNNEL_STALE') } : health;
}

const isAnother = (before: TunnelRecord, now: TunnelRecord): boolean =>
  before.process?.id !== now.process?.id || !isDeepStrictEqual(before.up, now.up);
