import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from './call.ts';
import { aSession, type RunningControl, startControl } from './doubles.ts';

let control: RunningControl;
beforeEach(async () => {
  control = await startControl();
  control.sessions.sessions = [aSession()];
});
afterEach(() => control.close());

describe('/v1/sessions', () => {
  test('lists all', async () => {
    const reply = await call(control.socket, 'GET', '/v1/sessions');
    expect([reply.status, reply.body]).toEqual([200, { sessions: [aSession()] }]);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  test.each(['web-1', '505c32d766d9', 'b8a8cbe7c027', '5f0c3f6e'])('finds one by %s', async (key) => {
    const reply = await call(control.socket, 'GET', `/v1/sessions/${key}`);
    expect([reply.status, reply.body]).toEqual([200, aSession()]);
  });

  test('says 404 with what is missing', async () => {
    const reply = await call(control.socket, 'GET', '/v1/sessions/nobody');
    expect([reply.status, reply.body.code, reply.body.detail]).toEqual([
      404,
      'NOT_FOUND',
      'There is no session nobody.',
    ]);
  });

  test.each([
    ['reconnect', 'connecting'],
    ['disconnect', 'blocked'],
  ])('%s replies 202 with the session', async (action, state) => {
    const reply = await call(control.socket, 'POST', `/v1/sessions/web-1/${action}`);
    expect([reply.status, reply.body.state]).toEqual([202, state]);
    expect((await call(control.socket, 'POST', `/v1/sessions/nobody/${action}`)).status).toBe(404);
    expect((await call(control.socket, 'POST', `/v1/sessions/%2e%2e%2f/${action}`)).status).toBe(422);
  });

  test('there is nothing to reconnect without a launch script: 409', async () => {
    const { key: _, ...unknown } = aSession();
    control.sessions.sessions = [unknown];
    const reply = await call(control.socket, 'POST', '/v1/sessions/web-1/reconnect');
    expect([reply.status, reply.body.code]).toEqual([409, 'NO_LAUNCH_SCRIPT']);
  });
});

describe('other paths and methods', () => {
  test('an unknown path is a 404 problem', async () => {
    const reply = await call(control.socket, 'GET', '/v2/anything');
    expect([reply.status, reply.body.code]).toEqual([404, 'PATH_UNKNOWN']);
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  test.each([
    ['DELETE', '/v1/sessions', 'GET'],
    ['GET', '/v1/launch-scripts/web-1', 'PUT, DELETE'],
    ['GET', '/v1/sessions/web-1/reconnect', 'POST'],
    ['OPTIONS', '/v1/health', 'GET'],
  ])('%s %s is a 405 that allows %s', async (method, path, allow) => {
    const reply = await call(control.socket, method, path);
    expect([reply.status, reply.body.code, reply.headers.allow]).toEqual([405, 'METHOD_NOT_ALLOWED', allow]);
  });
});

describe('/v1/health and /v1/version', () => {
  test('health is 200 while every check is fine, else 503', async () => {
    expect((await call(control.socket, 'GET', '/v1/health')).status).toBe(200);
    control.checks.push({ name: 'iptables', ok: false, message: 'iptables is missing: install it' });
    const reply = await call(control.socket, 'GET', '/v1/health');
    expect([reply.status, reply.body]).toEqual([503, { status: 'failing', checks: control.checks }]);
  });

  test('version', async () => {
    expect((await call(control.socket, 'GET', '/v1/version')).body).toEqual({ name: 'kasm-sidecar', version: '1.2.3' });
  });
});
