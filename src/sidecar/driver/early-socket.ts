import { mkdirSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

/**
 * Docker's socket, listening before the rest of the program is loaded: Docker looks for it 0.5 s after it has started a plugin,
 * and then only every 3 s, in which an engine that boots starts no container. Who connects is kept waiting until
 * `handTo`. Imports nothing that takes time. Only for a managed plugin, whose folder for the socket is its own.
 */
export class EarlySocket {
  readonly #server: Server;
  readonly #waiting: Socket[] = [];

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#waiting.push(socket)).listen(path);
  }

  /** From here on `server` answers, also those who have waited. */
  handTo(server: HttpServer): void {
    const pass = (socket: Socket) => {
      server.emit('connection', socket);
      socket.resume();
    };
    this.#server.removeAllListeners('connection').on('connection', pass);
    for (const socket of this.#waiting.splice(0)) pass(socket);
    server.once('close', () => this.#server.close());
  }
}
