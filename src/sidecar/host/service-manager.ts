import { closeSync } from 'node:fs';
import { connectSocket, openSocket, send } from './libc.ts';
import { AF_UNIX, SOCK_DGRAM } from './socket-constants.ts';

export interface ServiceManagerSettings {
  /** $NOTIFY_SOCKET; undefined where no service manager wants to be told. */
  readonly socket: string | undefined;
  /** How long it waits for a sign of life before it starts us anew; undefined: for ever. */
  readonly watchdogMs: number | undefined;
}

/** systemd, as sd_notify(3) tells it: lines in a datagram to a Unix socket, which Node has no words for. */
export class ServiceManager {
  readonly #settings: ServiceManagerSettings;

  constructor(settings: ServiceManagerSettings) {
    this.#settings = settings;
  }

  /** From here on what is ordered after us may start, and we show that the event loop turns. */
  ready(): void {
    const { watchdogMs } = this.#settings;
    this.#tell('READY=1');
    if (watchdogMs !== undefined) setInterval(() => this.#tell('WATCHDOG=1'), watchdogMs / 3).unref();
  }

  stopping(): void {
    this.#tell('STOPPING=1');
  }

  /** A manager that can't be told is no reason to end. */
  #tell(state: string): void {
    const { socket } = this.#settings;
    if (socket === undefined) return;
    try {
      sendDatagram(socket, state);
    } catch {
      // it will find that out by its own deadline
    }
  }
}

function sendDatagram(path: string, text: string): void {
  const descriptor = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    connectSocket(descriptor, unixAddress(path));
    send(descriptor, Buffer.from(text));
  } finally {
    closeSync(descriptor);
  }
}

/** struct sockaddr_un (unix(7)); a name that begins with @ stands in no file system. */
function unixAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
