import { bytesOf } from '../../shared/ip.ts';
import { NetlinkQuestions, NLM_F_DUMP } from './netlink.ts';
import type { Namespace } from './netns.ts';
import { AF_INET } from './socket-constants.ts';

const EMBEDDED_RESOLVER = bytesOf('127.0.0.11');

// linux/sock_diag.h, linux/inet_diag.h, net/tcp_states.h
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
/** Of the socket's id in an answer, and of the source address in that. */
const ID_OFFSET = 4;
const ID_BYTES = 48;
const SOURCE_OFFSET = 4;
/** Protocol and states of what waits to be asked: UDP that is bound (TCP_CLOSE), TCP that listens. */
const WAITING = [
  { protocol: 17, states: 1 << 7 },
  { protocol: 6, states: 1 << 10 },
];

/** Docker's embedded resolver in one namespace, which is kept alive until `close`. */
export class EmbeddedResolver {
  readonly #questions: NetlinkQuestions;

  /** @throws EgressError NAMESPACE_GONE */
  constructor(namespace: Namespace) {
    this.#questions = new NetlinkQuestions('sockDiag', namespace);
  }

  /** Whether it listens. */
  get isThere(): boolean {
    return this.#find().length > 0;
  }

  /**
   * Closes its sockets (SOCK_DESTROY, sock_diag(7)). Rules alone would not do: a root in the container can flush them, and
   * the engine asks the host's resolvers from the host's namespace. The engine opens them when a sandbox begins, and again
   * after its own restart with live-restore. A kernel without CONFIG_INET_DIAG_DESTROY leaves them open, so look again.
   */
  shut(): void {
    for (const { protocol, states, id } of this.#find())
      this.#questions.ask(SOCK_DESTROY, diagRequest(protocol, states, id));
  }

  close(): void {
    this.#questions.close();
  }

  #find() {
    return WAITING.flatMap(({ protocol, states }) =>
      (this.#questions.ask(SOCK_DIAG_BY_FAMILY, diagRequest(protocol, states), NLM_F_DUMP) ?? [])
        .map(({ body }): SocketId => body.subarray(ID_OFFSET, ID_OFFSET + ID_BYTES))
        .filter((id) => id.subarray(SOURCE_OFFSET, SOURCE_OFFSET + EMBEDDED_RESOLVER.length).equals(EMBEDDED_RESOLVER))
        .map((id) => ({ protocol, states, id })),
    );
  }
}

/** struct inet_diag_sockid: who it is, as the kernel wants to hear it again. */
type SocketId = Buffer;

/** struct inet_diag_req_v2 */
function diagRequest(protocol: number, states: number, id: SocketId = Buffer.alloc(ID_BYTES)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(AF_INET, 0);
  head.writeUInt8(protocol, 1);
  head.writeUInt32LE(states, 4);
  return Buffer.concat([head, id]);
}
