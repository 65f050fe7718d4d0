import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, open } from './call.ts';
import { anEvent, type RunningControl, startControl } from './doubles.ts';

let control: RunningControl;
beforeEach(async () => {
  control = await startControl();
});
afterEach(async () => {
  vi.useRealTimers();
  await control.close();
});

/** Collects what a stream says, so that a test can wait for it. */
async function follow(path: string, headers: Record<string, string> = {}) {
  const response = await open(control.socket, 'GET', path, { headers });
  let said = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  response.on('error', () => {});
  return { response, ids: () => [...said.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)), said: () => said };
}

const isClosed = (response: IncomingMessage) => vi.waitFor(() => expect(response.destroyed).toBe(true), 3000);

describe('GET /v1/events', () => {
  test('tells what happens from now on, as an event of type state', async () => {
    control.events.emit(anEvent({ id: 1 }));
    const stream = await follow('/v1/events');
    control.events.emit(anEvent({ id: 2, state: 'failed' }));
    await vi.waitFor(() => expect(stream.ids()).toEqual([2]));
    expect(stream.response.headers['content-type']).toBe('text/event-stream');
    const event = JSON.stringify(anEvent({ id: 2, state: 'failed' }));
    expect(stream.said()).toMatch(/^: .*\n\n/);
    expect(stream.said().endsWith(`id: 2\nevent: state\ndata: ${event}\n\n`)).toBe(true);
  });

  test.each<[string, string, Record<string, string>]>([
    ['?after=', '/v1/events?after=1', {}],
    ['Last-Event-ID', '/v1/events', { 'last-event-id': '1' }],
    ['Last-Event-ID before ?after', '/v1/events?after=0', { 'last-event-id': '1' }],
  ])('replays what was missed by %s, then goes on, with nothing lost or twice', async (_name, path, headers) => {
    for (const id of [1, 2, 3]) control.events.emit(anEvent({ id }));
    const stream = await follow(path, headers);
    control.events.emit(anEvent({ id: 4 }));
    await vi.waitFor(() => expect(stream.ids()).toEqual([2, 3, 4]));
  });

  test.each<[string, Record<string, string>]>([
    ['/v1/events?after=soon', {}],
    ['/v1/events?after=-1', {}],
    ['/v1/events?after=1&after=2', {}],
    ['/v1/events', { 'last-event-id': 'x' }],
  ])('refuses a place it can not continue from: %s %o', async (path, headers) => {
    const reply = await call(control.socket, 'GET', path, { headers });
    expect([reply.status, reply.body.code, reply.body.errors.length]).toEqual([422, 'BAD_REQUEST', 1]);
  });

  test('sends a comment every 15 s', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stream = await follow('/v1/events');
    vi.advanceTimersByTime(14_999);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stream.said()).not.toContain('still here');
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await vi.waitFor(() => expect(stream.said()).toContain(': still here\n\n'));
  });

  test('forgets a reader that has left', async () => {
    const stream = await follow('/v1/events');
    expect(control.events.listeners.size).toBe(1);
    stream.response.destroy();
    await vi.waitFor(() => expect(control.events.listeners.size).toBe(0));
  });

  test('cuts off a reader that has stopped reading', async () => {
    const stream = await follow('/v1/events');
    stream.response.pause();
    const message = 'x'.repeat(100_000);
    for (let id = 1; id <= 40; id += 1) control.events.emit(anEvent({ id, reason: { code: 'X', message } }));
    await vi.waitFor(() => expect(control.events.listeners.size).toBe(0));
    stream.response.destroy();
  });

  test('HEAD ends at once', async () => {
    expect((await call(control.socket, 'HEAD', '/v1/events')).status).toBe(200);
    expect(control.events.listeners.size).toBe(0);
  });

  test('ends when the server closes', async () => {
    const stream = await follow('/v1/events');
    await control.server.close();
    await isClosed(stream.response);
    expect(control.events.listeners.size).toBe(0);
    control.server.close = async () => {};
  });
});
