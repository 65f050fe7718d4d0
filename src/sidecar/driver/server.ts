import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { poll } from '../../shared/async.ts';
import { explain } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { EarlySocket } from './early-socket.ts';
import type { Verb } from './network-driver.ts';

const BODY_LIMIT = 1024 * 1024;

/** Where Docker's calls come in: a path, or what listens already. */
export type DockerSocket = string | EarlySocket;

export interface DockerListener {
  /**
   * Lets those calls end that have begun: Docker repeats a call whose connection was cut with an empty body, and a
   * container's start fails. What takes longer than `deadlineMs` is cut.
   */
  close(deadlineMs: number): Promise<void>;
}

/**
 * The plugin's socket. Not express: Docker sends no Content-Type and, on 20.10, an empty Host
 * (facts/docker-plugin.md, section 1). Errors go back as 200 with `Err`, which Docker shows to the person who typed the command.
 */
export async function listenForDocker(
  socket: DockerSocket,
  verbs: Readonly<Record<string, Verb>>,
  log: Log,
  whenReady: Promise<void>,
): Promise<DockerListener> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    void answer(request, response, verbs, log, whenReady).finally(() => calls--);
  });
  // Docker keeps idle connections for ever, and repeats a call on a closed one with an empty body.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  if (typeof socket === 'string') await listenOn(server, socket);
  else socket.handTo(server);
  return {
    close: async (deadlineMs) => {
      server.close();
      await poll(() => (calls === 0 ? true : undefined), { everyMs: 10, deadlineMs });
      server.closeAllConnections();
    },
  };
}

async function listenOn(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  verbs: Readonly<Record<string, Verb>>,
  log: Log,
  whenReady: Promise<void>,
): Promise<void> {
  const name = (request.url ?? '').replace(/^\//, '');
  const started = performance.now();
  const { status, reply, subject } = await handle(name, request, verbs, whenReady);
  const took = `${Math.round(performance.now() - started)} ms`;
  response.writeHead(status, { 'Content-Type': 'application/vnd.docker.plugins.v1.2+json' });
  response.end(JSON.stringify(reply));
  if ('Err' in reply) log.error(name, `${subject}: ${reply.Err} (${took})`);
  else log.info(name, `${subject} → ${JSON.stringify(reply)} (${took})`);
}

interface Answer {
  readonly status: number;
  readonly reply: { readonly Err?: string };
  /** Whom the call is about, for the log: never its options, which may hold anything. */
  readonly subject: string;
}

/** Docker's own ids, cut as Docker's commands show them, and the sandbox: so that a container can be followed to its namespace. */
function describe(body: unknown): string {
  const { NetworkID, EndpointID, SandboxKey } = subjectFields.parse(body);
  const parts = [
    NetworkID && `network ${NetworkID.slice(0, 12)}`,
    EndpointID && `endpoint ${EndpointID.slice(0, 12)}`,
    SandboxKey && `sandbox ${SandboxKey}`,
  ];
  return parts.filter((part) => part).join(', ');
}

const id = z.string().optional().catch(undefined);
const subjectFields = z.object({ NetworkID: id, EndpointID: id, SandboxKey: id }).catch({});

async function handle(
  name: string,
  request: IncomingMessage,
  verbs: Readonly<Record<string, Verb>>,
  whenReady: Promise<void>,
): Promise<Answer> {
  const verb = verbs[name];
  if (!verb) return { status: 404, reply: { Err: `${name} is not a call of this plugin` }, subject: '' };
  let subject = '';
  try {
    const text = await readBody(request);
    if (text === '' && !withoutBody.has(name)) return { status: 400, reply: { Err: 'empty body' }, subject };
    const body: unknown = text === '' ? {} : JSON.parse(text);
    subject = describe(body);
    if (!withoutBody.has(name)) await whenReady;
    return { status: 200, reply: await verb(body), subject };
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : explain(error);
    return { status: 200, reply: { Err: why }, subject };
  }
}

/** The handshake needs nothing from our records. */
const withoutBody = new Set(['Plugin.Activate', 'NetworkDriver.GetCapabilities']);

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('the body is larger than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
