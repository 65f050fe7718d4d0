import { Queue } from '../../shared/async.ts';
import { explain } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { hostLinkName, isOurs } from '../../shared/names.ts';
import { linkNames } from '../host/ip.ts';
import { parseLink } from '../host/links.ts';
import { ChangeListener, type Message } from '../host/netlink.ts';
import type { Endpoints } from './endpoints.ts';
import { foreignLinks, undecided } from './foreign-links.ts';
import type { HostNetwork } from './host-network.ts';
import type { Networks } from './networks.ts';
import type { Session } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';

/** While something is still to come. */
const LOOK_AGAIN_MS = 40;
/** A session that starts changes several times, and is held meanwhile. */
const SETTLE_MS = 200;
const END_EVERY_MS = 2_000;
const NAMES_EVERY_MS = 2_000;
/** Docker's resolvers: an engine that was restarted opens them again, and says so by its handshake. */
const RESOLVERS_EVERY_MS = 10_000;
const ENGINE_STARTS_FOR_MS = 60_000;
/** Each costs some processes, so only when somebody has changed the host's rules or links since the last one. */
const REPAIR_EVERY_MS = 10_000;
/** iptables-legacy tells nobody of its changes. Looked at with every second repair: who waits for 25 s waits for 30, and more. */
const LOOK_AT_UNHEARD_EVERY_MS = 15_000;
/** In case something was not heard of after all. */
const REPAIR_ANYWAY_EVERY_MS = 60_000;
/** For hundreds of guards it takes nft(8) 0.1 s to list their rules; that one is missing it sees in a tenth of that. */
const VERIFY_GUARDS_EVERY_MS = 15_000;
/** The first for a session, and each for one whose rules were changed, costs a process. */
const VERIFY_EVERY_MS = 5_000;
/** How long a new pair may wait for its other end to be moved. */
const LOOK_AGAIN_FOR_MS = 10_000;

/** Keeps the host as the records say, when others change it: Docker with a second network, or an administrator. */
export class Reconciler {
  readonly #host: HostNetwork;
  readonly #networks: Networks;
  readonly #endpoints: Endpoints;
  readonly #sessions: SessionRegistry;
  readonly #log: Log;
  readonly #work = new Queue();
  readonly #hostLinks = new ChangeListener('links', undefined, () => this.#look());
  readonly #hostRoutes = new ChangeListener('routes');
  readonly #hostRules = new ChangeListener('rules');
  #repairedAt = Number.NEGATIVE_INFINITY;
  #lookedAtUnheardAt = Number.NEGATIVE_INFINITY;
  /** The host's rules have changed since the guards were verified. */
  #guardsAreSuspect = true;
  #guardsVerifiedAt = Number.NEGATIVE_INFINITY;
  #engineStartedAt = performance.now();
  #resolversAt = Number.NEGATIVE_INFINITY;
  #known = '';
  /** Links of somebody else's that have a guard; undefined where it is to be looked at. */
  #foreignGuards: Set<string> | undefined;
  #lookAgainAt = Number.POSITIVE_INFINITY;
  /** Links may be others than those known. */
  #isStale = true;
  #lookUntil = 0;
  #isRunning = false;
  #busy = false;
  #ending = false;
  #nextLook: NodeJS.Timeout | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: {
    host: HostNetwork;
    networks: Networks;
    endpoints: Endpoints;
    sessions: SessionRegistry;
    log: Log;
  }) {
    this.#host = parts.host;
    this.#networks = parts.networks;
    this.#endpoints = parts.endpoints;
    this.#sessions = parts.sessions;
    this.#log = parts.log;
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.#endGone(), END_EVERY_MS),
      setInterval(() => this.#keepNames(), NAMES_EVERY_MS),
      setInterval(() => this.#repair(), REPAIR_EVERY_MS),
      setInterval(() => this.#verifyLocks(), VERIFY_EVERY_MS),
    ];
    this.#isRunning = true;
    this.#look();
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#nextLook);
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A session's kind has become known or has changed: its other interfaces are to be looked at. */
  lookAgain(): void {
    this.#lookAgainAt = Math.min(this.#lookAgainAt, performance.now() + SETTLE_MS);
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (!this.#isRunning || this.#nextLook) return;
    this.#nextLook = setTimeout(() => {
      this.#nextLook = undefined;
      this.#look();
    }, LOOK_AGAIN_MS);
  }

  #look(): void {
    if (!this.#isRunning) return;
    this.#lookAtLinks();
    const isExpecting =
      this.#isStale || performance.now() < this.#lookUntil || this.#lookAgainAt < Number.POSITIVE_INFINITY;
    if (isExpecting) this.#lookSoon();
  }

  #lookAtLinks(): void {
    const now = performance.now();
    if (this.#hostLinks.takeChange(isOfForeignLink)) this.#isStale = true;
    const [isWaiting, isAsked] = [now < this.#lookUntil, now >= this.#lookAgainAt];
    if (this.#busy || !(this.#isStale || isWaiting || isAsked)) return;
    this.#isStale = false;
    if (isAsked) this.#lookAgainAt = Number.POSITIVE_INFINITY;
    const names = linkNames()
      .filter((name) => !isOurs(name))
      .join();
    const changed = names !== this.#known;
    if (!changed && !isWaiting && !isAsked) return;
    if (changed || isAsked) this.#lookUntil = now + LOOK_AGAIN_FOR_MS;
    this.#known = names;
    this.#busy = true;
    void this.#background('links', this.#guardForeign()).finally(() => {
      this.#busy = false;
    });
  }

  /** Guards of what is closed, and of nothing else; those of our own wires come and go with these. */
  async #guardForeign(): Promise<void> {
    const closed = this.#closedLinks();
    // Most changes come from containers that are none of ours: with no session there is nothing to look for.
    if (closed.length === 0 && this.#foreignGuards?.size === 0) {
      this.#lookUntil = 0;
      return;
    }
    const links = await this.#host.links();
    const own = this.#endpoints.all().map(({ id }) => hostLinkName(id));
    const foreign = foreignLinks(links, { own, closed });
    this.#foreignGuards ??= new Set((await this.#host.guarded()).filter((link) => !isOurs(link)));
    const guarded = this.#foreignGuards;
    for (const link of foreign.filter((link) => !guarded.has(link))) {
      await this.#host.guardForeign(link);
      guarded.add(link);
      this.#log.warn('guard', `A session has an interface on another network; its host end ${link} is shut.`);
    }
    for (const link of [...guarded].filter((link) => !foreign.includes(link))) {
      await this.#host.removeGuard(link);
      guarded.delete(link);
    }
    if (undecided(links, own).length === 0) this.#lookUntil = 0;
  }

  #closedLinks(): string[] {
    return this.#sessions
      .all()
      .filter((session) => session.isClosed)
      .flatMap((session) => session.endpoints)
      .map(({ id }) => hostLinkName(id));
  }

  /** Docker's Leave may have got lost: a dead engine sends none. */
  #endGone(): void {
    if (this.#ending) return;
    this.#ending = true;
    void this.#background('sessions', this.#sessions.endGone()).finally(() => {
      this.#ending = false;
    });
  }

  #repair(): void {
    void this.#work.run(async () => {
      await this.#background('endpoints', this.#endpoints.removeForgotten());
      const [rulesChanged, routesChanged] = [this.#hostRules.takeChange(), this.#hostRoutes.takeChange()];
      this.#guardsAreSuspect ||= rulesChanged;
      if (this.#guardsAreSuspect) await this.#background('guards', this.#repairGuards());
      const hasNews = rulesChanged || routesChanged;
      if (!hasNews && since(this.#repairedAt) < REPAIR_ANYWAY_EVERY_MS) return this.#lookAtUnheard();
      this.#repairedAt = performance.now();
      this.#lookedAtUnheardAt = this.#repairedAt;
      await this.#background('networks', this.#networks.repair());
      this.#foreignGuards = undefined;
      await this.#background('links', this.#guardForeign());
    });
  }

  async #lookAtUnheard(): Promise<void> {
    if (since(this.#lookedAtUnheardAt) < LOOK_AT_UNHEARD_EVERY_MS) return;
    this.#lookedAtUnheardAt = performance.now();
    await this.#background('networks', this.#networks.repairUnheard());
  }

  async #repairGuards(): Promise<void> {
    if (since(this.#guardsVerifiedAt) < VERIFY_GUARDS_EVERY_MS) return this.#replaceMissingGuards();
    this.#guardsVerifiedAt = performance.now();
    await this.#verifyGuards();
    this.#guardsAreSuspect = false;
  }

  /** A guard that somebody flushed: both layers of that session are applied anew. */
  async #replaceMissingGuards(): Promise<void> {
    const guarded = new Set(await this.#host.guarded());
    for (const session of this.#sessions.all()) {
      if (session.record.role === 'unknown') continue;
      if (session.endpoints.every(({ id }) => guarded.has(hostLinkName(id)))) continue;
      session.log('warn', 'The guard was gone; both layers are applied again.');
      await session.repair.reapply();
    }
  }

  #verifyLocks(): void {
    void this.#work.run(async () => {
      for (const session of this.#sessions.all()) await this.#background('locks', session.repair.verifyLock());
    });
  }

  /** A guard that is gone, or has other rules than its own. */
  async #verifyGuards(): Promise<void> {
    const changedIn = async (sessions: readonly Session[]) => {
      const guards = await this.#host.summariseGuards();
      return sessions.filter((session) => !session.repair.guardsStand(guards));
    };
    const suspects = await changedIn(this.#sessions.all());
    if (suspects.length === 0) return;
    for (const session of await changedIn(suspects)) {
      // not one that has just changed its state
      session.log('warn', 'The guard was changed by somebody else; both layers are applied again.');
      await session.repair.reapply();
    }
  }

  /** An engine that runs with live-restore opens its resolvers in running containers soon after. */
  engineStarted(): void {
    this.#engineStartedAt = performance.now();
  }

  /** A restarted engine opens its resolvers again, and Docker writes hosts and resolv.conf anew when it likes. */
  #keepNames(): void {
    const mayBeBack = since(this.#engineStartedAt) < ENGINE_STARTS_FOR_MS;
    if (mayBeBack || since(this.#resolversAt) >= RESOLVERS_EVERY_MS) {
      this.#resolversAt = performance.now();
      this.#keepAll((session) => session.repair.reassertNames());
    } else {
      this.#keepAll((session) => session.repair.reassertFiles());
    }
  }

  #keepAll(keep: (session: Session) => Promise<void>): void {
    for (const session of this.#sessions.all()) void this.#background('names', keep(session));
  }

  #background(subject: string, work: Promise<void>): Promise<void> {
    return work.catch((error) => this.#log.error(subject, explain(error)));
  }
}

/** With hundreds of sessions, listing the links takes longer than all that the kernel tells of one start. */
const isOfForeignLink = ({ body }: Message): boolean => !isOurs(parseLink(body).name);

const since = (then: number): number => performance.now() - then;
