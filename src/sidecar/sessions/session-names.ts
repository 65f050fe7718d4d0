import type { Container } from '../docker/container-folder.ts';
import type { Run } from '../host/command.ts';
import type { Namespace } from '../host/netns.ts';
import type { Resolvers } from '../plan/resolv-conf.ts';
import { hostResolvers, removeEmbeddedResolver, writeResolvConf } from './name-files.ts';

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
  readonly #run: Run;
  readonly #signal: AbortSignal;
  #taken: Promise<void> | undefined;
  #wanted: Resolvers | undefined;

  constructor(session: NamedSession, run: Run, signal: AbortSignal) {
    this.#session = session;
    this.#run = run;
    this.#signal = signal;
  }

  /** Resolvers as last written into the container; empty where Docker's own file stands. */
  get servers(): readonly string[] {
    return this.#wanted?.servers ?? [];
  }

  /** No names, until `use` says whose. */
  async refuse(): Promise<void> {
    await this.use(NONE);
  }

  async use(resolvers: Resolvers): Promise<void> {
    this.#wanted = resolvers;
    await this.#take();
    await this.reassert();
  }

  /** For a session without a tunnel: Docker's own way, unless that has been taken away already. */
  async useDirect(servers: readonly string[] | undefined): Promise<void> {
    if (!this.#taken && !servers) return;
    await this.#taken;
    this.#wanted = { servers: servers ?? (await hostResolvers()), searchDomains: [] };
    await this.reassert();
  }

  /** Docker writes the file anew when a container is connected to another network. */
  async reassert(): Promise<void> {
    const { container } = this.#session;
    if (container && this.#wanted) await writeResolvConf(container, this.#wanted);
  }

  #take(): Promise<void> {
    this.#taken ??= this.#removeResolver();
    return this.#taken;
  }

  async #removeResolver(): Promise<void> {
    const { namespace, container } = this.#session;
    if (!namespace || !container) return;
    if (await removeEmbeddedResolver(this.#run, namespace, container.pid, this.#signal)) return;
    this.#session.warn(
      "This kernel can't close Docker's embedded resolver; only the namespace's rules keep it unused.",
    );
  }
}
