import { connect, type Socket } from 'node:net';
import { poll } from '../../../shared/async.ts';
import { EgressError } from '../../../shared/errors.ts';
import { type ManagementMessage, parseManagementLine } from './management-message.ts';

const CONNECT_DEADLINE_MS = 3_000;
const POLL_MS = 2;
/** Far more than one message may have; whoever sends more without an end of line is not OpenVPN. */
const MAX_LINE = 1 << 20;
const MAX_COMMAND = 1_000;

/** A connection to one OpenVPN's management socket. It can be made again: OpenVPN goes on when one ends. */
export class Management {
  readonly #socket: Socket;
  readonly #onMessage: (message: ManagementMessage) => void;
  #rest = '';

  private constructor(socket: Socket, onMessage: (message: ManagementMessage) => void, onClose: () => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', onClose);
  }

  /** Undefined if nobody listens at `path` in time, or `mayCome` says that nobody will. */
  static async open(
    path: string,
    handlers: { onMessage: (message: ManagementMessage) => void; onClose: () => void; mayCome: () => boolean },
  ): Promise<Management | undefined> {
    const probe = async () => (await tryConnect(path)) ?? (handlers.mayCome() ? undefined : 'nobody');
    const socket = await poll(probe, { everyMs: POLL_MS, deadlineMs: CONNECT_DEADLINE_MS });
    return socket === undefined || socket === 'nobody'
      ? undefined
      : new Management(socket, handlers.onMessage, handlers.onClose);
  }

  /** @throws EgressError INTERNAL for a line that OpenVPN would take for two: its buffer has 1,024 bytes */
  send(...lines: readonly string[]): void {
    if (lines.some((line) => Buffer.byteLength(line) > MAX_COMMAND)) {
      throw new EgressError('INTERNAL', 'a command for the management socket is too long');
    }
    if (this.#socket.writable) this.#socket.write(`${lines.join('\n')}\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) this.close();
    for (const line of lines) {
      const message = parseManagementLine(line.replace(/\r$/, ''));
      if (message) this.#onMessage(message);
    }
  }
}

const tryConnect = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
