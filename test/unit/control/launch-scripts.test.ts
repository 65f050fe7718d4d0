import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EgressError } from '../../../src/shared/errors.ts';
import { call, putJson } from './call.ts';
import { type RunningControl, startControl } from './doubles.ts';

const PRIVATE_KEY = 'cHJpdmF0ZS1rZXktdGhhdC1udXN0LW5vdC1sZWFr';
const aScript = {
  version: 1,
  egress: { type: 'WireGuard', config: '[Interface]\n', credential: { private_key: PRIVATE_KEY } },
};
const json = { 'content-type': 'application/json' };

let control: RunningControl;
beforeEach(async () => {
  control = await startControl();
});
afterEach(() => control.close());

describe('PUT /v1/launch-scripts/{key}', () => {
  test('replies 202 with what was understood, and never with a secret', async () => {
    const reply = await putJson(control.socket, '/v1/launch-scripts/web-1', aScript);
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({ key: 'web-1', type: 'wireguard', credential: ['private_key'] });
    expect(reply.text).not.toContain(PRIVATE_KEY);
    expect(control.launchScripts.received.get('web-1')?.egress.credential?.private_key?.reveal()).toBe(PRIVATE_KEY);
  });

  test('names each wrong field in a 422', async () => {
    const reply = await putJson(control.socket, '/v1/launch-scripts/web-1', {
      version: 1,
      egress: { type: 'wireguard', dns: ['nowhere'], privat_key: PRIVATE_KEY },
    });
    expect(reply.status).toBe(422);
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(reply.body).toEqual({
      type: 'urn:kasm-sidecar:error:bad-request',
      title: 'The request could not be understood.',
      status: 422,
      detail: 'The launch script is not valid.',
      code: 'BAD_REQUEST',
      remedy: 'Correct the fields that are named.',
      errors: [
        { pointer: '/egress/dns/0', reason: 'not an IP address' },
        { pointer: '/egress/privat_key', reason: 'unknown field' },
      ],
    });
  });

  test('points a 422 without fields at the whole document', async () => {
    control.launchScripts.put = async () => {
      throw new EgressError('KEY_MISSING');
    };
    const reply = await putJson(control.socket, '/v1/launch-scripts/web-1', aScript);
    expect(reply.status).toBe(422);
    expect(reply.body.errors).toEqual([{ pointer: '', reason: 'There is no private key.' }]);
  });

  test.each(['-x', '.hidden', 'a%2Fb', '..%2f..%2fetc%2fpasswd', 'a%00', 'a%20b', 'x'.repeat(256)])(
    'refuses the key %s and names it',
    async (key) => {
      const reply = await putJson(control.socket, `/v1/launch-scripts/${key}`, aScript);
      expect(reply.status).toBe(422);
      expect(reply.body.errors[0].pointer).toBe('/key');
      expect(control.launchScripts.received.size).toBe(0);
    },
  );

  test.each(['a', 'web-1', '505c32d766d9', 'A.b:c_d-e', 'x'.repeat(255)])('takes the key %s', async (key) => {
    expect((await putJson(control.socket, `/v1/launch-scripts/${key}`, aScript)).status).toBe(202);
  });

  test('a key that is not even an encoding is a 400', async () => {
    const reply = await putJson(control.socket, '/v1/launch-scripts/%zz', aScript);
    expect([reply.status, reply.body.code]).toEqual([400, 'MALFORMED_REQUEST']);
  });

  test('takes a body of 1 MiB and refuses one of a byte more with 413', async () => {
    const body = JSON.stringify(aScript);
    const fits = body.padEnd(1024 * 1024, ' ');
    const path = '/v1/launch-scripts/web-1';
    expect((await call(control.socket, 'PUT', path, { body: fits, headers: json })).status).toBe(202);
    const reply = await call(control.socket, 'PUT', path, { body: `${fits} `, headers: json });
    expect([reply.status, reply.body.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  test('says where a body stops being JSON, and does not quote it', async () => {
    const body = `{"version":1,"egress":{"credential":{"private_key":"${PRIVATE_KEY}" oops}}}`;
    const reply = await call(control.socket, 'PUT', '/v1/launch-scripts/web-1', { body, headers: json });
    expect([reply.status, reply.body.code]).toEqual([400, 'MALFORMED_JSON']);
    expect(reply.body.detail).toMatch(/^The body is not JSON at position \d+/);
    expect(reply.text).not.toContain(PRIVATE_KEY.slice(-8));
  });

  test('does not quote a body that is not JSON from its first character on', async () => {
    const reply = await call(control.socket, 'PUT', '/v1/launch-scripts/web-1', {
      body: `x${PRIVATE_KEY}`,
      headers: json,
    });
    expect(reply.status).toBe(400);
    expect(reply.text).not.toContain(PRIVATE_KEY.slice(0, 6));
    expect(control.logLines).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', {}],
    ['another encoding of characters', { 'content-type': 'application/json; charset=latin9x' }],
  ])('refuses %s with 415', async (_name, headers) => {
    const reply = await call(control.socket, 'PUT', '/v1/launch-scripts/web-1', {
      body: JSON.stringify(aScript),
      headers,
    });
    expect([reply.status, reply.body.code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
  });

  test('refuses a compressed body, which could unpack to gigabytes', async () => {
    const reply = await call(control.socket, 'PUT', '/v1/launch-scripts/web-1', {
      body: gzipSync(JSON.stringify(aScript)),
      headers: { ...json, 'content-encoding': 'gzip' },
    });
    expect(reply.status).toBe(415);
  });

  test('an empty body is a 422, not a crash', async () => {
    const reply = await call(control.socket, 'PUT', '/v1/launch-scripts/web-1', {
      body: '',
      headers: { ...json, 'content-length': '0' },
    });
    expect(reply.status).toBe(422);
  });
});

describe('errors inside', () => {
  test('tell the caller nothing and the log everything', async () => {
    control.launchScripts.put = async () => {
      throw new TypeError('reading /secret/place of undefined');
    };
    const reply = await putJson(control.socket, '/v1/launch-scripts/web-1', aScript);
    expect(reply.status).toBe(500);
    expect(reply.body).toMatchObject({ code: 'INTERNAL', detail: 'The sidecar failed in a way it did not foresee.' });
    expect(reply.text).not.toContain('secret');
    expect(control.logLines.join()).toMatch(
      /^control \| PUT \/v1\/launch-scripts\/web-1 failed: reading \/secret\/place.* at /,
    );
    expect(control.logLines.join()).not.toContain(PRIVATE_KEY);
  });

  test('of the host keep their command to the log', async () => {
    control.launchScripts.list = async () => {
      throw new EgressError('HOST_COMMAND_FAILED', 'running ip link add: no');
    };
    const reply = await call(control.socket, 'GET', '/v1/launch-scripts');
    expect([reply.status, reply.body.code, reply.body.detail]).toEqual([
      500,
      'HOST_COMMAND_FAILED',
      'A command on the host failed.',
    ]);
    expect(control.logLines.join()).toContain('running ip link add: no');
  });
});

describe('GET and DELETE /v1/launch-scripts', () => {
  test('list what waits, without secrets, and forget it', async () => {
    await putJson(control.socket, '/v1/launch-scripts/web-1', aScript);
    const list = await call(control.socket, 'GET', '/v1/launch-scripts');
    expect(list.body.launch_scripts).toHaveLength(1);
    expect(list.text).not.toContain(PRIVATE_KEY);
    const removed = await call(control.socket, 'DELETE', '/v1/launch-scripts/web-1');
    expect([removed.status, removed.text]).toEqual([204, '']);
    const again = await call(control.socket, 'DELETE', '/v1/launch-scripts/web-1');
    expect([again.status, again.body.code]).toEqual([404, 'NOT_FOUND']);
  });
});
