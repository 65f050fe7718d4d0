import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EmbeddedResolver } from '../../src/sidecar/host/sockets.ts';
import { SessionNames } from '../../src/sidecar/sessions/session-names.ts';
import { makeFolder, makeNamespace, Undo } from './wireguard-server.ts';

const RESOLVER = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.11', 0)); time.sleep(60)`;

test('a resolver that has come, and was closed by another look at once, is not waited for', async () => {
  const undo = new Undo();
  const namespace = await makeNamespace(undo);
  const folder = await makeFolder(undo);
  const container = { id: '', name: '', labels: {}, env: [], pid: 1, folder, rootfs: join(folder, 'rootfs') };
  const names = new SessionNames({ namespace, container, warn: () => undefined }, new AbortController().signal);
  const used = names.use({ servers: ['10.2.0.1'], searchDomains: [] });
  const docker = new EmbeddedResolver(namespace);
  const listening = spawn('ip', ['netns', 'exec', namespace.name, 'python3', '-c', RESOLVER]);
  try {
    while (!docker.isThere); // nothing else gets a turn, so the look that waits for it can't see it
    const closedAt = performance.now();
    await names.reassert();
    await used;
    expect(performance.now() - closedAt).toBeLessThan(1_000);
  } finally {
    listening.kill('SIGKILL');
    docker.close();
    names.close();
    await undo.all();
  }
});
