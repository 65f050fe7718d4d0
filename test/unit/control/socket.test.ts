import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlServer, listenOnSocket } from '../../../src/sidecar/control/server.ts';

let folder: string;
let path: string;
const servers: ControlServer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kasm-socket-'));
  path = join(folder, 'run', 'control.sock');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(folder, { recursive: true });
});

async function listen(options?: { group?: string }): Promise<ControlServer> {
  const server = await listenOnSocket(express(), path, options);
  servers.push(server);
  return server;
}

const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

/** A process that is killed leaves its socket behind. */
async function leaveStaleSocket(): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  expect((await stat(path)).isSocket()).toBe(true);
}

describe('listenOnSocket', () => {
  test('makes a private folder and a private socket, whatever the umask', async () => {
    const mask = process.umask(0);
    try {
      await listen();
    } finally {
      process.umask(mask);
    }
    expect([await modeOf(dirname(path)), await modeOf(path)]).toEqual(['700', '600']);
  });

  test('leaves the umask as it was', async () => {
    const mask = process.umask(0o027);
    try {
      await listen();
      expect(process.umask(0o027)).toBe(0o027);
    } finally {
      process.umask(mask);
    }
  });

  test('leaves a folder alone that is there', async () => {
    await mkdir(dirname(path), { mode: 0o755 });
    await listen();
    expect(await modeOf(dirname(path))).toBe('755');
  });

  test('opens socket and folder to a group, which may pass through the folder but not look', async () => {
    const gid = String((await stat(folder)).gid);
    await listen({ group: gid });
    expect([await modeOf(dirname(path)), await modeOf(path)]).toEqual(['710', '660']);
    expect(String((await stat(path)).gid)).toBe(gid);
  });

  test('knows a group by its name, and refuses one that is not there before it listens', async () => {
    const [name = '', , gid] = (await readFile('/etc/group', 'utf8')).split('\n')[0]?.split(':') ?? [];
    await listen({ group: name });
    expect((await stat(path)).gid).toBe(Number(gid));
    await expect(listenOnSocket(express(), `${path}2`, { group: 'no-such-group' })).rejects.toThrow('no-such-group');
    await expect(stat(`${path}2`)).rejects.toThrow('ENOENT');
  });

  test('replaces a socket that a killed process left', async () => {
    await leaveStaleSocket();
    await listen();
    const connection = createConnection(path);
    await once(connection, 'connect');
    connection.destroy();
  });

  test('does not take the socket of a process that answers', async () => {
    await listen();
    await expect(listenOnSocket(express(), path)).rejects.toThrow('another process answers there');
    expect((await stat(path)).isSocket()).toBe(true);
  });

  test('never removes a file that is no socket', async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'precious');
    await expect(listenOnSocket(express(), path)).rejects.toThrow('another file stands there');
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test('removes its socket when it closes', async () => {
    const server = await listen();
    await server.close();
    servers.pop();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
