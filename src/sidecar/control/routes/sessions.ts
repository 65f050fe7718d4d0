import { z } from 'zod';
import { EgressError } from '../../../shared/errors.ts';
import { sessionView } from '../../../shared/session-view.ts';
import { keySchema, parseKey } from '../key.ts';
import type { SessionControl } from '../ports.ts';
import { jsonReply, problems } from '../reply.ts';
import type { Route } from '../route.ts';

export const sessionList = z.object({ sessions: z.array(sessionView) });

const tags = ['sessions'];
const requestParams = {
  path: z.object({ key: keySchema.describe('Container id (or its first 12 digits), name, namespace or session_id') }),
};

const list = (sessions: SessionControl): Route => ({
  method: 'get',
  path: '/v1/sessions',
  operation: {
    operationId: 'listSessions',
    summary: 'Every session of this host',
    tags,
    responses: { 200: jsonReply('All of them', sessionList), ...problems() },
  },
  handlers: [
    async (_request, response) => {
      response.json({ sessions: await sessions.list() } satisfies z.infer<typeof sessionList>);
    },
  ],
});

const find = (sessions: SessionControl): Route => ({
  method: 'get',
  path: '/v1/sessions/{key}',
  operation: {
    operationId: 'getSession',
    summary: 'One session',
    tags,
    requestParams,
    responses: { 200: jsonReply('The session', sessionView), ...problems(404, 422) },
  },
  handlers: [
    async (request, response) => {
      const key = parseKey(request.params);
      const session = await sessions.find(key);
      if (!session) throw new EgressError('NOT_FOUND', `There is no session ${key}.`);
      response.json(session);
    },
  ],
});

const reconnect = (sessions: SessionControl): Route => ({
  method: 'post',
  path: '/v1/sessions/{key}/reconnect',
  operation: {
    operationId: 'reconnectSession',
    summary: 'Try again now',
    tags,
    requestParams,
    responses: { 202: jsonReply('The session, as work on it begins', sessionView), ...problems(404, 409, 422) },
  },
  handlers: [
    async (request, response) => {
      response.status(202).json(await sessions.reconnect(parseKey(request.params)));
    },
  ],
});

const disconnect = (sessions: SessionControl): Route => ({
  method: 'post',
  path: '/v1/sessions/{key}/disconnect',
  operation: {
    operationId: 'disconnectSession',
    summary: 'Cut the session, and keep it blocked',
    tags,
    requestParams,
    responses: { 202: jsonReply('The session, as work on it begins', sessionView), ...problems(404, 422) },
  },
  handlers: [
    async (request, response) => {
      response.status(202).json(await sessions.disconnect(parseKey(request.params)));
    },
  ],
});

export const sessionRoutes = (sessions: SessionControl): Route[] => [
  list(sessions),
  find(sessions),
  reconnect(sessions),
  disconnect(sessions),
];
