import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { launchScriptView, type SessionEvent, sessionEvent, sessionView } from '../shared/session-view.ts';
import { readEventData } from './event-stream.ts';
import { DaemonUnreachable, Refused } from './failures.ts';
import { problemSchema } from './problem.ts';

/** Three heartbeats of an event stream; a call that takes this long won't come back either. */
const SILENCE_MS = 45_000;

const sessionList = z.object({ sessions: z.array(sessionView) });
const healthView = z.object({
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string().optional() })),
});
const versionView = z.object({ version: z.string() });
const launchScriptList = z.object({ launch_scripts: z.array(launchScriptView) });

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Statuses besides 2xx whose body is an answer too. */
  readonly alsoFine?: readonly number[];
}

/** The control endpoint, as methods. Replies are checked, and passed on with all that a newer daemon adds. */
export class ControlClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async sessions() {
    return (await this.#json({ method: 'GET', path: '/v1/sessions' }, sessionList)).sessions;
  }

  version() {
    return this.#json({ method: 'GET', path: '/v1/version' }, versionView);
  }

  /** 503 is the same answer with bad news in it. */
  health() {
    return this.#json({ method: 'GET', path: '/v1/health', alsoFine: [503] }, healthView);
  }

  session(key: string) {
    return this.#json({ method: 'GET', path: sessionPath(key) }, sessionView);
  }

  reconnect(key: string) {
    return this.#json({ method: 'POST', path: `${sessionPath(key)}/reconnect` }, sessionView);
  }

  disconnect(key: string) {
    return this.#json({ method: 'POST', path: `${sessionPath(key)}/disconnect` }, sessionView);
  }

  async launchScripts() {
    return (await this.#json({ method: 'GET', path: '/v1/launch-scripts' }, launchScriptList)).launch_scripts;
  }

  putLaunchScript(key: string, body: unknown) {
    return this.#json({ method: 'PUT', path: launchScriptPath(key), body }, launchScriptView);
  }

  async deleteLaunchScript(key: string): Promise<void> {
    await this.#text({ method: 'DELETE', path: launchScriptPath(key) });
  }

  /** Resolves once the daemon tells events. They end without an error only when `signal` says so. */
  async events(signal: AbortSignal, after?: number): Promise<AsyncGenerator<SessionEvent>> {
    const path = after === undefined ? '/v1/events' : `/v1/events?after=${after}`;
    const response = await this.#send({ method: 'GET', path, signal });
    if (response.statusCode !== 200) throw this.#refusal(await text(response));
    return this.#readEvents(response, signal);
  }

  async *#readEvents(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<SessionEvent> {
    try {
      for await (const data of readEventData(response.setEncoding('utf8'))) yield this.#parse(data, sessionEvent);
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error);
    }
    if (!signal.aborted) throw new DaemonUnreachable(`The sidecar on ${this.#socket} has ended the stream of events.`);
  }

  async #json<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(await this.#text(call), schema);
  }

  async #text(call: Call): Promise<string> {
    const response = await this.#send(call);
    const body = await text(response).catch((error: unknown) => Promise.reject(this.#unreachable(error)));
    const { statusCode = 0 } = response;
    if (statusCode >= 400 && !call.alsoFine?.includes(statusCode)) throw this.#refusal(body);
    return body;
  }

  #send({ method, path, body, signal }: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const call = request({
        socketPath: this.#socket,
        method,
        path,
        headers,
        agent: false,
        ...(signal && { signal }),
      });
      call.on('response', resolve);
      call.on('error', (error) => reject(this.#unreachable(error)));
      call.setTimeout(SILENCE_MS, () => call.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** What the schema doesn't know is kept: `--json` shows all that the daemon said. */
  #parse<T>(body: string, schema: z.ZodType<T>): T {
    try {
      const value: unknown = JSON.parse(body);
      schema.parse(value);
      return value as T;
    } catch (error) {
      throw new DaemonUnreachable(
        `What answers on ${this.#socket} is not understood.\n` +
          'Check that it is a kasm-sidecar, of the same version as this command line.\n' +
          `${error instanceof z.ZodError ? z.prettifyError(error) : 'It is not JSON.'}`,
      );
    }
  }

  #refusal(body: string): Error {
    try {
      return new Refused(this.#parse(body, problemSchema));
    } catch (error) {
      return error as Error;
    }
  }

  #unreachable(error: unknown): Error {
    if (error instanceof DaemonUnreachable) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      return new DaemonUnreachable(
        `You may not use the sidecar's socket ${this.#socket}.\nRun this as root (sudo), or join the socket's group.`,
      );
    }
    return new DaemonUnreachable(
      `The sidecar can't be reached on ${this.#socket}: ${reasons[code ?? ''] ?? message}.\n` +
        'Start it with `kasm-sidecar serve` or `docker plugin enable kasmweb/sidecar:1.1`,\n' +
        'or name its socket with --socket PATH or KASM_SIDECAR_SOCKET.',
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ENOTDIR: 'there is no such socket',
  ECONNREFUSED: 'nobody answers on it',
  ECONNRESET: 'it hung up',
};

const sessionPath = (key: string): string => `/v1/sessions/${encodeURIComponent(key)}`;
const launchScriptPath = (key: string): string => `/v1/launch-scripts/${encodeURIComponent(key)}`;
