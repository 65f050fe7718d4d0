import { request } from 'node:http';
import { expect } from 'vitest';
import { waitFor } from './wait.ts';

export const CONTROL_SOCKET = '/var/run/kasm-sidecar/control.sock';

export interface Answer {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of any shape
  readonly body: any;
}

/** One call to the control endpoint, as any HTTP client makes it. */
export function control(method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: CONTROL_SOCKET,
        method,
        path,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const type = response.headers['content-type'] ?? '';
          const parsed: unknown = type.includes('json') && text !== '' ? JSON.parse(text) : text;
          resolve({ status: response.statusCode ?? 0, type, body: parsed });
        });
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** @throws Error unless the launch script was taken. */
export async function putLaunchScript(key: string, script: object): Promise<Answer> {
  const answer = await control('PUT', `/v1/launch-scripts/${encodeURIComponent(key)}`, script);
  if (answer.status !== 202) throw new Error(`launch script ${key}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

export const session = async (key: string): Promise<Answer> =>
  control('GET', `/v1/sessions/${encodeURIComponent(key)}`);

/** Waits until the session is in one of `states`, and gives it. */
export const waitForState = (key: string, states: string | readonly string[], timeoutMs = 15_000) =>
  waitFor(
    `session ${key} to be ${[states].flat().join(' or ')}`,
    async () => {
      const { status, body } = await session(key);
      if (status === 200 && [states].flat().includes(body.state)) return body;
      throw new Error(status === 200 ? `${body.state} ${JSON.stringify(body.reason)}` : `${status}`);
    },
    { timeoutMs, everyMs: 50 },
  );

/** `gone` where nobody knows it any more. */
export async function stateOf(key: string): Promise<string> {
  const { status, body } = await session(key);
  return status === 404 ? 'gone' : status === 200 ? body.state : `status ${status}`;
}

/** What `stateOf` says of a session that is over: some still tell of it, none holds it for alive. */
export const OVER = expect.stringMatching(/^(gone|ended)$/);

export interface EventStream {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly events: any[];
  end(): void;
}

/** Listens to server-sent events until `end` is called; is there once the daemon has answered. */
export function listen(path = '/v1/events'): Promise<EventStream> {
  const events: unknown[] = [];
  let rest = '';
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: CONTROL_SOCKET, path, headers: { accept: 'text/event-stream' } }, (response) => {
      response.on('error', () => undefined); // the daemon is killed under it
      response.on('data', (chunk: Buffer) => {
        const blocks = (rest + chunk.toString()).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const lines = block.split('\n').filter((line) => line.startsWith('data:'));
          if (lines.length > 0) events.push(JSON.parse(lines.map((line) => line.slice(5).trim()).join('\n')));
        }
      });
      resolve({ events, end: () => call.destroy() });
    });
    call.on('error', reject);
    call.end();
  });
}
