import { bytesOf } from '../../shared/ip.ts';
import type { Run } from './command.ts';
import { type Message, NetlinkQuestions, NLM_F_DUMP } from './netlink.ts';
import { type Namespace, runInside } from './netns.ts';

const EMBEDDED_RESOLVER = bytesOf('127.0.0.11');

// linux/sock_diag.h, linux/inet_diag.h, net/tcp_states.h
const SOCK_DIAG_BY_FAMILY = 20;
const AF_INET = 2;
const REQUEST_BYTES = 56;
const SOURCE_OFFSET = 8;
/** Protocol and states of what waits to be asked: UDP that is bound (TCP_CLOSE), TCP that listens. */
const WAITING = [
  { protocol: 17, states: 1 << 7 },
  { protocol: 6, states: 1 << 10 },
];

/** Whether Docker's embedded resolver listens in `namespace`. */
export function hasEmbeddedResolver(namespace: Namespace): boolean {
  const questions = new NetlinkQuestions('sockDiag', namespace);
  try {
    return WAITING.some((wanted) =>
      questions.ask(SOCK_DIAG_BY_FAMILY, diagRequest(wanted), NLM_F_DUMP)?.some(isEmbeddedResolver),
    );
  } finally {
    questions.close();
  }
}

function diagRequest({ protocol, states }: (typeof WAITING)[number]): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt8(AF_INET, 0);
  request.writeUInt8(protocol, 1);
  request.writeUInt32LE(states, 4);
  return request;
}

const isEmbeddedResolver = ({ body }: Message): boolean =>
  body.subarray(SOURCE_OFFSET, SOURCE_OFFSET + EMBEDDED_RESOLVER.length).equals(EMBEDDED_RESOLVER);

/**
 * Closes the sockets of Docker's embedded resolver inside `namespace` (SOCK_DESTROY, sock_diag(7)). Rules alone would
 * not do: a root in the container can flush them, and the engine asks the host's resolvers from the host's namespace.
 * The engine opens them when a sandbox begins, and again after its own restart with live-restore. A kernel without CONFIG_INET_DIAG_DESTROY leaves them open, so look again.
 */
export async function closeEmbeddedResolver(run: Run, namespace: Namespace): Promise<void> {
  await runInside(run, namespace, ['ss', '--kill', '--all', '--no-header', 'src', '127.0.0.11']);
}
