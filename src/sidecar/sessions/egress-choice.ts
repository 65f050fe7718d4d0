import { Queue } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import type { Wish } from '../plan/passage.ts';
import type { Egress } from './egress.ts';
import { isFinal } from './final-failures.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionEndpoints } from './session-endpoints.ts';
import type { SessionLedger } from './session-ledger.ts';

interface EgressChoiceParts {
  readonly ledger: SessionLedger;
  readonly endpoints: SessionEndpoints;
  readonly egress: Egress;
  /** Aborted when the session ends: nothing is decided any more. */
  readonly signal: AbortSignal;
}

/**
 * Which egress one session gets: by the launch script that is meant for its container, by its network's policy, or by an
 * operator. It is decided by one at a time, in the order in which it was asked for.
 */
export class EgressChoice {
  readonly #session: Session;
  readonly #context: Pick<SessionContext, 'launchScripts'>;
  readonly #ledger: SessionLedger;
  readonly #endpoints: SessionEndpoints;
  readonly #egress: Egress;
  readonly #signal: AbortSignal;
  readonly #decisions = new Queue();
  #found: FoundLaunchScript | undefined;
  #wish: Wish | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(session: Session, context: Pick<SessionContext, 'launchScripts'>, parts: EgressChoiceParts) {
    this.#session = session;
    this.#context = context;
    this.#ledger = parts.ledger;
    this.#endpoints = parts.endpoints;
    this.#egress = parts.egress;
    this.#signal = parts.signal;
  }

  get script(): FoundLaunchScript | undefined {
    return this.#found;
  }
  get wish(): Wish | undefined {
    return this.#wish;
  }

  /** Takes the launch script that is meant for this container, or what its network's policy says without one. */
  choose(): Promise<void> {
    return this.#decide(() => this.#choose());
  }

  /** Takes the script that an earlier process of ours may have used, and begins nothing with it. */
  async readopt(): Promise<void> {
    this.#found = await this.#findScript().catch(() => undefined);
    this.#wish = toWish(this.#found);
  }

  /** Goes on with what an earlier process of ours chose, where that stands. */
  resume(): Promise<void> {
    return this.#decide(async () => {
      const kept = this.#found !== undefined && (await this.#egress.resume(this.#found));
      if (!kept) await this.#choose();
    });
  }

  /** The launch script under `key` came, changed or went. */
  reconsider(key: string): Promise<void> {
    return this.#decide(() => this.#reconsider(key));
  }

  async reconnect(): Promise<void> {
    this.#ledger.update({ cut: false });
    await this.#decide(async () => {
      await this.#egress.stop();
      await this.#choose();
    });
  }

  async disconnect(): Promise<void> {
    this.#ledger.update({ cut: true });
    clearTimeout(this.#deadline);
    await this.#decide(async () => {
      await this.#block(new EgressError('DISCONNECTED'));
    });
  }

  /** The session has ended: no launch script is waited for any more. */
  close(): void {
    clearTimeout(this.#deadline);
  }

  async wantsNoTunnel(): Promise<boolean> {
    const found = await this.#findScript().catch(() => undefined);
    return found ? found.script.egress.type === 'none' : this.#mayGoWithoutScript;
  }

  /** With the very same credentials: a server may lock an account that tries again. */
  get hasFailedForGood(): boolean {
    const { state, reason, fingerprint } = this.#ledger.record;
    return state === 'failed' && isFinal(reason?.code) && fingerprint === this.#found?.fingerprint;
  }

  /** Until a session is connected, milliseconds. */
  deadlineMs(): number {
    const ofNetworks = Math.max(1, ...this.#endpoints.networks().map(({ deadlineSeconds }) => deadlineSeconds));
    return (this.#found?.script.deadline_seconds ?? ofNetworks) * 1000;
  }

  async #decide(decision: () => Promise<void>): Promise<void> {
    await this.#decisions.run(async () => {
      if (!this.#signal.aborted) await decision();
    });
  }

  async #choose(): Promise<void> {
    const { cut, role } = this.#ledger.record;
    if (role !== 'session') return; // who is not known yet gets it when that is
    if (cut) return this.#refuse();
    clearTimeout(this.#deadline);
    try {
      // It could not be told at Join that this is not the proxy, which may publish ports on another network of its own.
      if (this.#endpoints.all().some(({ published }) => published)) throw new EgressError('PORTS_UNSUPPORTED');
      const found = await this.#findScript();
      if (found) await this.#use(found);
      else if (this.#mayGoWithoutScript) await this.#open(undefined);
      else await this.#waitForScript();
    } catch (error) {
      await this.#session.fail(error);
    }
  }

  #findScript(): Promise<FoundLaunchScript | undefined> {
    const launchKey = this.#endpoints.all().find((endpoint) => endpoint.launchKey !== undefined)?.launchKey;
    return this.#context.launchScripts.find({ launchKey, container: this.#session.container });
  }

  get #mayGoWithoutScript(): boolean {
    return (
      this.#session.container !== undefined && this.#endpoints.networks().some(({ policy }) => policy === 'optional')
    );
  }

  async #use(found: FoundLaunchScript): Promise<void> {
    const { session_id: sessionId, egress } = found.script;
    this.#ledger.update({
      launchKey: found.key,
      fingerprint: found.fingerprint,
      ...(sessionId === undefined ? {} : { sessionId }),
    });
    if (egress.type === 'none') return this.#open(found);
    this.#found = found;
    this.#wish = toWish(found);
    this.#egress.connect(found);
  }

  /** Wanted without a tunnel: the plain route through the host's NAT. */
  async #open(found: FoundLaunchScript | undefined): Promise<void> {
    await this.#egress.stop();
    await this.#egress.release();
    this.#found = found;
    this.#wish = { kind: 'none' };
    await this.#session.enter('connected');
    await this.#session.names.useDirect(found?.script.egress.dns);
    await this.#session.signal('ready');
  }

  /** Shuts first, clears up after. */
  async #block(why?: EgressError): Promise<void> {
    this.#egress.abort();
    this.#found = undefined;
    this.#wish = undefined;
    await this.#session.enter('blocked', why);
    await this.#egress.stop();
    await this.#refuse();
  }

  /** Its container may start: nothing comes before somebody acts. */
  async #refuse(): Promise<void> {
    await this.#session.refuseNames();
    this.#session.settle();
  }

  async #waitForScript(): Promise<void> {
    await this.#block();
    const overdue = () => this.#session.background(this.#decide(() => this.#giveUpWaiting()));
    this.#deadline = setTimeout(overdue, this.deadlineMs()).unref();
  }

  async #giveUpWaiting(): Promise<void> {
    const { state, cut } = this.#ledger.record;
    if (state === 'blocked' && !cut && !this.#found) await this.#session.fail(new EgressError('NO_LAUNCH_SCRIPT'));
  }

  async #reconsider(key: string): Promise<void> {
    if (this.#ledger.record.cut) return;
    const found = await this.#findScript().catch(() => undefined);
    if (found?.key === key) return this.#choose();
    if (this.#found?.key !== key) return;
    await this.#block(new EgressError('LAUNCH_SCRIPT_DELETED'));
  }
}

function toWish(found: FoundLaunchScript | undefined): Wish | undefined {
  if (!found) return undefined;
  const { type, allow } = found.script.egress;
  return type === 'none' ? { kind: 'none' } : { kind: 'tunnel', allow: allow ?? [] };
}
