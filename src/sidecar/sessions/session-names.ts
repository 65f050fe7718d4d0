import { poll } from '../../shared/async.ts';
import type { Container } from '../docker/container-folder.ts';
import type { KeptFile } from '../host/kept-file.ts';
import type { Namespace } from '../host/netns.ts';
import { EmbeddedResolver } from '../host/sockets.ts';
import type { Resolvers } from '../plan/resolv-conf.ts';
import { hostResolvers, keepResolvConf, resolvConfOf } from './name-files.ts';

/** From the namespace's beginning until Docker's resolver listens in it. */
const RESOLVER_DEADLINE_MS = 3_000;
const NONE: Resolvers = { servers: [], searchDomains: [] };

/** Whose names one session is about. */
export interface NamedSession {
  readonly namespace: Namespace | undefined;
  readonly container: Container | undefined;
  warn(text: string): void;
}

/**
 * How one session resolves names: never by Docker's embedded resolver once it may have a tunnel, and until a tunnel's
 * resolver is known, not at all.
 */
export class SessionNames {
  readonly #session: NamedSession;
  readonly #signal: AbortSignal;
  /** Docker's resolver may not be used any more. */
  #taken = false;
  readonly #decided = Promise.withResolvers<void>();
  #wanted: Resolvers | undefined;
  #resolvConf: KeptFile | undefined;
  #docker: EmbeddedResolver | undefined;
  /** Docker's resolver has come, and was closed. */
  #hasShut = false;

  constructor(session: NamedSession, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  /** Resolvers as last written into the container; empty where Docker's own file stands. */
  get servers(): readonly string[] {
    return this.#wanted?.servers ?? [];
  }

  /** Until it is settled for the first time how this session resolves, and Docker's resolver is closed where it may not be used. */
  get decided(): Promise<void> {
    return this.#decided.promise;
  }

  /** An earlier process of ours has seen Docker's resolver come, and closed it; if it is back, `reassert` closes it again. */
  goOn(): void {
    this.#taken = true;
  }

  /** No names, until `use` says whose. */
  async refuse(): Promise<void> {
    await this.use(NONE);
  }

  async use(resolvers: Resolvers): Promise<void> {
    this.#wanted = resolvers;
    try {
      await this.#take();
      await this.reassert();
    } finally {
      this.#decided.resolve();
    }
  }

  /** For a session without a tunnel: Docker's own way, unless that has been taken away already. */
  async useDirect(servers: readonly string[] | undefined): Promise<void> {
    this.#decided.resolve();
    if (!this.#taken && !servers) return;
    this.#wanted = { servers: servers ?? (await hostResolvers()), searchDomains: [] };
    await this.reassert();
  }

  /** Both of what Docker may have put back: its resolver, when an engine was restarted, and its file. */
  async reassert(): Promise<void> {
    const { namespace, container } = this.#session;
    if (container && this.#taken && namespace) this.#shut(this.#dockers(namespace));
    await this.reassertFile();
  }

  /** Docker writes it anew now and then. To look costs the kernel next to nothing. */
  async reassertFile(): Promise<void> {
    const { container } = this.#session;
    if (!container || !this.#wanted) return;
    this.#resolvConf ??= resolvConfOf(container);
    await keepResolvConf(this.#resolvConf, this.#wanted);
  }

  /** Waits for the resolver to appear, which on a container's start it soon does; `reassert` closes it whenever it is there. */
  async #take(): Promise<void> {
    const { namespace, container } = this.#session;
    if (this.#taken || !namespace || !container) return;
    this.#taken = true;
    const resolver = this.#dockers(namespace);
    const hasCome = () => this.#hasShut || resolver.isThere || undefined;
    await poll(hasCome, { everyMs: 5, deadlineMs: RESOLVER_DEADLINE_MS, signal: this.#signal });
    this.#shut(resolver);
  }

  #dockers(namespace: Namespace): EmbeddedResolver {
    this.#docker ??= new EmbeddedResolver(namespace);
    return this.#docker;
  }

  #shut(resolver: EmbeddedResolver): void {
    if (!resolver.isThere) return;
    this.#hasShut = true;
    resolver.shut();
    if (!resolver.isThere) return;
    this.#session.warn(
      "This kernel can't close Docker's embedded resolver; only the namespace's rules keep it unused.",
    );
  }

  /** Nobody is looked for any more: that would keep the namespace alive. */
  close(): void {
    this.#docker?.close();
  }
}
