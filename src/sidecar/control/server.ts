import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { explain } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { asOurs } from './express-error.ts';
import { HttpError } from './http-error.ts';
import type { EventSource, LaunchScriptControl, SessionControl } from './ports.ts';
import { toProblem } from './problem.ts';
import { PROBLEM_TYPE } from './reply.ts';
import { mount } from './route.ts';
import { eventRoutes } from './routes/events.ts';
import { type Health, healthRoutes } from './routes/health.ts';
import { launchScriptRoutes } from './routes/launch-scripts.ts';
import { openApiRoute } from './routes/openapi.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { versionRoutes } from './routes/version.ts';
import { bindPrivately, groupId, openToGroup, prepareFolder, removeStaleSocket } from './socket.ts';

export interface ControlParts {
  readonly sessions: SessionControl;
  readonly launchScripts: LaunchScriptControl;
  readonly events: EventSource;
  readonly version: string;
  readonly health: Health;
  readonly log: Log;
  /** Calls wait for it. */
  readonly ready: Promise<void>;
}

const refusePath = (request: Request): never => {
  throw new HttpError('PATH_UNKNOWN', `There is no path ${request.path}`);
};

/** `at put (…/sessions.ts:12:3)`: the message of a bug alone seldom says where it is. */
const placeOf = (error: unknown): string =>
  (error instanceof Error && /^\s+(at .+)$/m.exec(error.stack ?? '')?.[1]) || '';

/** Express knows an error handler by its four parameters. */
const replyProblem =
  (log: Log): ErrorRequestHandler =>
  (thrown: unknown, request, response, _next) => {
    const error = asOurs(thrown);
    const problem = toProblem(error);
    if (problem.status >= 500) {
      log.error('control', `${request.method} ${request.path} failed: ${explain(error)} ${placeOf(error)}`.trimEnd());
    }
    if (response.headersSent) response.destroy();
    else response.status(problem.status).type(PROBLEM_TYPE).json(problem);
  };

export function createControlApp({
  sessions,
  launchScripts,
  events,
  version,
  health,
  log,
  ready,
}: ControlParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use(async (_request, _response, next) => {
    await ready;
    next();
  });
  const routes = [
    ...launchScriptRoutes(launchScripts),
    ...sessionRoutes(sessions),
    ...eventRoutes(events),
    ...healthRoutes(health),
    ...versionRoutes(version),
  ];
  mount(app, [...routes, openApiRoute(routes, version)]);
  app.use(refusePath);
  app.use(replyProblem(log));
  return app;
}

/** Calls under way may end in this time; streams of events never end by themselves. */
const CLOSE_GRACE_MS = 500;

export interface ControlServer {
  /** Takes no more calls, ends those under way, removes the socket. */
  close(): Promise<void>;
}

/** @throws EgressError if another process answers on the socket, or something else stands in its place. */
export async function listenOnSocket(
  app: Express,
  path: string,
  { group }: { readonly group?: string | undefined } = {},
): Promise<ControlServer> {
  const gid = group === undefined ? undefined : await groupId(group);
  await prepareFolder(path);
  await removeStaleSocket(path);
  const server = createServer(app);
  await bindPrivately(server, path);
  if (gid !== undefined) await openToGroup(path, gid);
  return {
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
      }),
  };
}
