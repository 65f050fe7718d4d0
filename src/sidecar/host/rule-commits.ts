import { SystemCallError } from './libc.ts';
import { closeWhenFreed, type Message, openListener, receiveMessages } from './netlink.ts';
import type { Namespace } from './netns.ts';

/** linux/netfilter/nfnetlink.h and nf_tables.h: NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN */
const NEW_GENERATION = (10 << 8) | 15;

/**
 * Counts the transactions that a program brings into force by nf_tables (nft, iptables-nft): the kernel tells of each when
 * it stands. The program itself ends some 15 to 20 ms later, since a socket of its kind closes when all is freed that was
 * replaced. iptables-legacy is not heard of.
 */
export class RuleCommits {
  readonly #socket: number;
  readonly #counts = new Map<number, number>();

  /** From now on. @param namespace absent: the host's. @throws EgressError NAMESPACE_GONE */
  constructor(namespace: Namespace | undefined) {
    this.#socket = openListener('rules', namespace);
  }

  /**
   * By the process `id`: by its socket's port, since the process id that such a message also has is the kernel's own, which
   * is another one for who lives in a namespace of processes. Fewer where so much happened that some were not heard of.
   */
  countOf(id: number): number {
    for (const { type, port } of this.#receiveAll())
      if (type === NEW_GENERATION) this.#counts.set(port, (this.#counts.get(port) ?? 0) + 1);
    return this.#counts.get(id) ?? 0;
  }

  *#receiveAll(): Generator<Message> {
    for (;;) {
      try {
        const messages = receiveMessages(this.#socket);
        if (!messages) return;
        yield* messages;
      } catch (error) {
        if (!(error instanceof SystemCallError && error.code === 'ENOBUFS')) throw error;
      }
    }
  }

  close(): void {
    closeWhenFreed(this.#socket);
  }
}
