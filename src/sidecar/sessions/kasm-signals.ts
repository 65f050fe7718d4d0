import { explain } from '../../shared/errors.ts';
import type { KeptFile } from '../host/kept-file.ts';
import type { ProxyPlace } from '../plan/resolv-conf.ts';
import { EgressStatus, type StatusTarget } from './egress-status.ts';
import { hostsOf, keepHosts } from './name-files.ts';
import type { NamedSession } from './session-names.ts';

/** What Kasm's images look for inside: whether the egress stands, and where their API is. Other images notice nothing. */
export class KasmSignals {
  readonly #session: NamedSession;
  readonly #running: Promise<void>;
  readonly #status = new EgressStatus();
  #proxy: ProxyPlace | undefined;
  #hosts: KeptFile | undefined;

  /** @param running until its first process is not held any more */
  constructor(session: NamedSession, running: Promise<void>) {
    this.#session = session;
    this.#running = running;
  }

  /** Before the container's first process runs: what its last run left must not be believed. */
  clear(): Promise<void> {
    return this.#onTarget((target) => this.#status.clear(target, this.#session.container?.rootfs));
  }

  tell(status: 'ready' | 'error'): Promise<void> {
    return this.#onTarget((target) => this.#status.write(target, status));
  }

  /** When the container's processes are gone. */
  async clearStopped(rootfs: string | undefined): Promise<void> {
    if (rootfs !== undefined) await this.#status.clearStopped(rootfs).catch((error) => this.#warn(error));
  }

  /** `KASM_API_HOST` leads to the proxy. */
  async pointToProxy(proxy: ProxyPlace): Promise<void> {
    this.#proxy = proxy;
    await this.reassert();
  }

  /** Docker 26.1 writes the file once more after its container has been made. */
  async reassert(): Promise<void> {
    const { container } = this.#session;
    if (!container || !this.#proxy) return;
    this.#hosts ??= hostsOf(container);
    await keepHosts(this.#hosts, container, this.#proxy).catch((error) =>
      this.#session.warn(`/etc/hosts: ${explain(error)}`),
    );
  }

  async #onTarget(act: (target: StatusTarget) => Promise<void>): Promise<void> {
    const { container, namespace } = this.#session;
    if (!container || !namespace) return;
    const target = { pid: container.pid, namespaceInode: namespace.inode, running: this.#running };
    await act(target).catch((error) => this.#warn(error));
  }

  #warn(error: unknown): void {
    this.#session.warn(`.egress_status: ${explain(error)}`);
  }
}
