import { poll } from '../../shared/async.ts';
import { type Container, containerOf, findContainer } from '../docker/container-folder.ts';
import type { Namespace } from '../host/netns.ts';
import { namespaceOf } from '../host/proc.ts';
import type { SessionEndpoints } from './session-endpoints.ts';
import type { SessionLedger } from './session-ledger.ts';

/** Who one session is: its namespace, and the container that lives there, as the namespace's own processes tell. */
export class SessionIdentity {
  readonly #ledger: Pick<SessionLedger, 'update'>;
  readonly #endpoints: SessionEndpoints;
  readonly #signal: AbortSignal;
  #namespace: Namespace | undefined;
  #container: Container | undefined;

  constructor(ledger: Pick<SessionLedger, 'update'>, endpoints: SessionEndpoints, signal: AbortSignal) {
    this.#ledger = ledger;
    this.#endpoints = endpoints;
    this.#signal = signal;
  }

  get namespace(): Namespace | undefined {
    return this.#namespace;
  }
  get container(): Container | undefined {
    return this.#container;
  }
  get isNamedProxy(): boolean {
    return this.#endpoints.networks().some(({ proxy }) => proxy === this.#container?.name);
  }

  setNamespace(namespace: Namespace): void {
    this.#namespace = namespace;
  }

  /** Undefined where that can't be told: it stays who it was. */
  setContainer(container: Container | undefined): void {
    if (!container) return;
    this.#container = container;
    this.#ledger.update({
      container: { id: container.id, name: container.name },
      ...(container.rootfs === undefined ? {} : { rootfs: container.rootfs }),
    });
  }

  /**
   * Looks who lives in the namespace, until that can be told or the deadline is over.
   * @param held who is held there: then not all processes of the host are searched, which takes 5 ms with hundreds of sessions
   */
  async identify(deadlineMs: number, everyMs: number, held: readonly number[] = []): Promise<void> {
    const inode = this.#namespace?.inode ?? 0;
    const look = () => {
      const own = held.filter((id) => namespaceOf(id) === inode);
      return own.length > 0 ? containerOf(own) : findContainer(inode);
    };
    this.setContainer(await poll(look, { everyMs, deadlineMs, signal: this.#signal }));
  }
}
