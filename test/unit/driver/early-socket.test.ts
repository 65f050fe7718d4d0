import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EarlySocket } from '../../../src/sidecar/driver/early-socket.ts';

let folder = '';
let path = '';
const server: Server = createServer((call, response) => {
  call.resume().on('end', () => response.end(`answer to ${call.url}`));
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'early-'));
  path = join(folder, 'plugins/a.sock');
});
afterEach(() => {
  server.emit('close');
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const ask = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath: path, path: url, method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    call.on('error', reject).end('{}');
  });

test('who calls before there is an answer gets one afterwards, and so does who calls later', async () => {
  const early = new EarlySocket(path);
  const first = ask('/first');
  await new Promise((resolve) => setTimeout(resolve, 50));
  early.handTo(server);
  expect(await first).toBe('answer to /first');
  expect(await ask('/later')).toBe('answer to /later');
});

test('a socket that a killed process left is no hindrance', async () => {
  const left = new EarlySocket(path);
  const early = new EarlySocket(path);
  early.handTo(server);
  expect(await ask('/again')).toBe('answer to /again');
  left.handTo(server);
});
