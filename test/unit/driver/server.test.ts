import { mkdtempSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EgressError } from '../../../src/shared/errors.ts';
import { type DockerListener, listenForDocker } from '../../../src/sidecar/driver/server.ts';

const lines: string[] = [];
const log = {
  info: (subject: string, text: string) => void lines.push(`${subject} ${text}`),
  warn: () => undefined,
  error: (subject: string, text: string) => void lines.push(`${subject} ${text}`),
};

let folder: string;
let listener: DockerListener;
let ready: PromiseWithResolvers<void>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driver-'));
  ready = Promise.withResolvers();
  const verbs = {
    'Plugin.Activate': async () => ({ Implements: ['NetworkDriver'] }),
    'NetworkDriver.Join': async (body: unknown) => ({ echo: body }),
    'NetworkDriver.Leave': async () => {
      throw new EgressError('NETWORK_UNKNOWN');
    },
  };
  listener = await listenForDocker(join(folder, 'a.sock'), verbs, log, ready.promise);
});
afterEach(async () => {
  await listener.close(0);
  rmSync(folder, { recursive: true });
});

/** As Docker asks: no Content-Type, and on 20.10 an empty Host. */
const call = (path: string, body: string, options: RequestOptions = {}) =>
  new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    const sent = request(
      { socketPath: join(folder, 'a.sock'), path, method: 'POST', headers: { Host: '' }, ...options },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

test('answers without a Content-Type and with an empty Host', async () => {
  ready.resolve();
  expect(await call('/NetworkDriver.Join', '{"EndpointID":"e"}')).toEqual({
    status: 200,
    body: { echo: { EndpointID: 'e' } },
  });
});

test('answers Docker’s repeated call, whose body is empty, with 400', async () => {
  ready.resolve();
  expect((await call('/NetworkDriver.Join', '')).status).toBe(400);
});

test('takes a handshake without a body', async () => {
  ready.resolve();
  expect((await call('/Plugin.Activate', '')).body).toEqual({ Implements: ['NetworkDriver'] });
});

test('gives an error as Err, which Docker shows', async () => {
  ready.resolve();
  expect(await call('/NetworkDriver.Leave', '{}')).toMatchObject({
    status: 200,
    body: { Err: /does not know this network/ },
  });
});

test('is 404 for an unknown call, and keeps listening after bad JSON', async () => {
  ready.resolve();
  expect((await call('/NetworkDriver.Frobnicate', '{}')).status).toBe(404);
  expect((await call('/NetworkDriver.Join', '{')).body).toHaveProperty('Err');
  expect((await call('/NetworkDriver.Join', '{}')).status).toBe(200);
});

test('keeps a call waiting until what is on disk was read', async () => {
  const answered: string[] = [];
  const waiting = call('/NetworkDriver.Join', '{}').then(() => answered.push('join'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toEqual([]);
  ready.resolve();
  await waiting;
});

test('answers calls that have begun before it closes, and no others', async () => {
  const join = call('/NetworkDriver.Join', '{"EndpointID":"e"}'); // waits until what is on disk was read
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = listener.close(5_000);
  await expect(call('/Plugin.Activate', '')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  ready.resolve();
  expect((await join).body).toEqual({ echo: { EndpointID: 'e' } });
  await closed;
});

test('cuts a call that takes too long', async () => {
  const cut = expect(call('/NetworkDriver.Join', '{}')).rejects.toThrow('socket hang up');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await listener.close(100);
  await cut;
});

test('logs ids, and no option', async () => {
  ready.resolve();
  lines.length = 0;
  await call(
    '/NetworkDriver.Join',
    '{"EndpointID":"eeeeeeeeeeeeeeee","SandboxKey":"/x/abc","Options":{"secret":"hunter2"}}',
  );
  expect(lines.join()).toContain('endpoint eeeeeeeeeeee, sandbox /x/abc');
  expect(lines.join().replace(/→.*/, '')).not.toContain('hunter2');
});
