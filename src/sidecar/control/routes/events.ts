import type { Request, Response } from 'express';
import { z } from 'zod';
import { EgressError } from '../../../shared/errors.ts';
import type { SessionEvent } from '../../../shared/session-view.ts';
import type { EventSource } from '../ports.ts';
import { problems } from '../reply.ts';
import type { Route } from '../route.ts';

/** Proxies and clients take a silent connection for a dead one, many after 30 s. */
const HEARTBEAT_MS = 15_000;
/** A reader that has stopped reading must not fill our memory: it is cut off, and may ask for what it missed. */
const MAX_UNREAD_BYTES = 1024 * 1024;

const eventId = z.string().regex(/^\d{1,15}$/, 'must be the id of an event: a whole number');
const headers = z.object({ 'last-event-id': eventId.optional().describe('Goes before `after`: browsers send it') });
const query = z.object({ after: eventId.optional().describe('Send those after this event first') });

function parseEventId(pointer: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const result = eventId.safeParse(value);
  if (result.success) return Number(result.data);
  const reason = result.error.issues[0]?.message ?? 'not valid';
  throw new EgressError('BAD_REQUEST', 'The place to continue from is not valid.', { fields: [{ pointer, reason }] });
}

const resumeAfter = (request: Request): number | undefined =>
  parseEventId('/last-event-id', request.get('last-event-id')) ?? parseEventId('/after', request.query.after);

const render = (event: SessionEvent): string => `id: ${event.id}\nevent: state\ndata: ${JSON.stringify(event)}\n\n`;

function send(response: Response, text: string): void {
  response.write(text);
  if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
}

/** Replay and subscription stand in one turn of the event loop: nothing is lost or sent twice between them. */
function stream(events: EventSource, after: number | undefined, response: Response): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  send(response, ': this stream tells every change of state\n\n');
  const missed = after === undefined ? [] : events.after(after);
  const unsubscribe = events.subscribe((event) => send(response, render(event)));
  const heartbeat = setInterval(() => send(response, ': still here\n\n'), HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
  for (const event of missed) send(response, render(event));
}

export const eventRoutes = (events: EventSource): Route[] => [
  {
    method: 'get',
    path: '/v1/events',
    operation: {
      operationId: 'followEvents',
      summary: 'Every change of state, as server-sent events',
      tags: ['events'],
      requestParams: { header: headers, query },
      responses: {
        200: {
          description:
            'Each event has `id:`, `event: state` and `data:`, a SessionEvent in JSON. Without a place to continue ' +
            'from, only what happens from now on. A comment comes every 15 s.',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems(422),
      },
    },
    handlers: [
      (request, response) => {
        const after = resumeAfter(request);
        // A HEAD request also comes here, and would never end.
        if (request.method === 'HEAD') response.type('text/event-stream').end();
        else stream(events, after, response);
      },
    ],
  },
];
