import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at it with toMatchObject
  readonly body: any;
}

export interface CallOptions {
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** The reply's head as soon as it is there; what follows is for the caller to read. */
export const open = (socket: string, method: string, path: string, { body, headers = {} }: CallOptions = {}) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ socketPath: socket, method, path, headers, agent: false }, resolve);
    call.on('error', reject);
    call.end(body);
  });

export async function call(socket: string, method: string, path: string, options?: CallOptions): Promise<Reply> {
  const response = await open(socket, method, path, options);
  const content = await text(response);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: content,
    body: isJson ? JSON.parse(content) : undefined,
  };
}

export const putJson = (socket: string, path: string, value: unknown): Promise<Reply> =>
  call(socket, 'PUT', path, { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
