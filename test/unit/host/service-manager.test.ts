import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServiceManager } from '../../../src/sidecar/host/service-manager.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A datagram socket as systemd has it, in Python, since Node can't; a line for each that it gets. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0)))
print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;

test.each(['a file', 'an abstract name'])('tells a manager that listens on %s', async (kind) => {
  const socket = kind === 'a file' ? join(folder, 'notify') : `@kasm-sidecar-test-${process.pid}`;
  const listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  expect(await next()).toBe('bound');
  const manager = new ServiceManager({ socket, watchdogMs: 30 });
  manager.ready();
  expect([await next(), await next(), await next()]).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  manager.stopping();
  for (let text = await next(); text !== 'STOPPING=1'; text = await next()) expect(text).toBe('WATCHDOG=1');
  listener.kill();
  await once(listener, 'exit');
});

test('nobody to tell, or nobody who listens, is no failure', () => {
  new ServiceManager({ socket: undefined, watchdogMs: undefined }).ready();
  new ServiceManager({ socket: join(folder, 'nobody'), watchdogMs: undefined }).ready();
});
