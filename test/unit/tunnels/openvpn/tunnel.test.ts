import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '../../../../src/sidecar/host/command.ts';
import { statOf } from '../../../../src/sidecar/host/proc.ts';
import { folderOf, socketFile } from '../../../../src/sidecar/tunnels/openvpn/files.ts';
import { createOpenVpn } from '../../../../src/sidecar/tunnels/openvpn/tunnel.ts';
import type { TunnelPlace } from '../../../../src/sidecar/tunnels/tunnel.ts';
import { fileAsNamespace } from '../../host/file-as-namespace.ts';
import { egress, MINIMAL } from './samples.ts';

const run: Run = async () => ({ exitCode: 0, stdout: '', stderr: '' });
const openVpn = createOpenVpn({ run, peerPolicy: { forbidden: async () => [], allow: [] } });
const settings = openVpn.parse(egress(MINIMAL));
/** Of a process that is no more. */
const record = {
  kind: 'openvpn',
  implementation: 'userspace',
  pinned: [],
  process: { id: process.pid, startTime: '0' },
} as const;

let place: TunnelPlace;
let management: Server;
let socket: Promise<Socket>;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kasm-unit-'));
  await mkdir(folderOf(folder));
  place = { folder, hostDevice: 'kst0', namespace: await fileAsNamespace(folder) };
  management = createServer();
  socket = new Promise((resolve) => management.once('connection', resolve));
  await new Promise<void>((resolve) => management.listen(socketFile(folder), resolve));
});
afterEach(async () => {
  management.close();
  await rm(place.folder, { recursive: true });
});

/** As a busy machine has it: the process has ended, and we have not read yet what it said. */
const sayLate = async (words: string): Promise<void> => {
  const connection = await socket;
  setTimeout(() => connection.end(words), 50);
};

describe('the last words of a process count, though it has ended already', () => {
  const REFUSED = ">PASSWORD:Verification Failed: 'Auth'\r\n";
  const wait = (deadlineMs: number) => ({ deadlineMs, signal: new AbortController().signal });

  test('while the tunnel is awaited', async () => {
    const outcome = openVpn.awaitUp(place, settings, record, wait(5_000)).catch((error: unknown) => error);
    await sayLate(REFUSED);
    expect(await outcome).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('when an established one is looked at: or wrong credentials would be tried again', async () => {
    const living = { ...record, process: { id: process.pid, startTime: statOf(process.pid)?.[22 - 3] ?? '' } };
    await expect(openVpn.awaitUp(place, settings, living, wait(0))).rejects.toMatchObject({
      code: 'HANDSHAKE_TIMEOUT',
    });
    await sayLate(REFUSED);
    expect(await openVpn.check(place, settings, record)).toMatchObject({
      state: 'refused',
      why: { code: 'AUTH_FAILED' },
    });
  });
});
