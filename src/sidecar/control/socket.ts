import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, readFile, unlink } from 'node:fs/promises';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { EgressError } from '../../shared/errors.ts';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_SOCKET = 0o600;
const GROUP_SOCKET = 0o660;
const OWNER_UNCHANGED = -1;

/** Made private if it is not there; one that is there is somebody's choice and left alone. */
export async function prepareFolder(socketPath: string): Promise<void> {
  await mkdir(dirname(socketPath), { recursive: true, mode: PRIVATE_FOLDER });
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** `ECONNREFUSED`: the file is left over, nobody listens. */
async function connectError(path: string): Promise<unknown> {
  const connection = createConnection(path);
  try {
    await once(connection, 'connect');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    connection.destroy();
  }
}

/** A socket outlives a process that was killed. Only one that nobody answers on is removed, and never another file. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) {
    throw new EgressError('INTERNAL', `listening on ${path}: another file stands there; move it away`);
  }
  const error = await connectError(path);
  if (error === undefined) {
    throw new EgressError('INTERNAL', `listening on ${path}: another process answers there; stop it first`);
  }
  if (codeOf(error) !== 'ECONNREFUSED') {
    throw new EgressError('INTERNAL', `listening on ${path}: whether it is still in use is not known`, {
      cause: error,
    });
  }
  await unlink(path);
}

/** A server binds within `listen`, so with this mask the socket is never open to others, not even for a moment. */
export async function bindPrivately(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const mask = process.umask(0o777 & ~PRIVATE_SOCKET);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
  await chmod(path, PRIVATE_SOCKET);
}

/** @throws EgressError if the host has no such group. */
export async function groupId(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const id = lines.find(([name]) => name === group)?.[2];
  if (id === undefined) throw new EgressError('INTERNAL', `opening the control socket: there is no group ${group}`);
  return Number(id);
}

/** A folder that is closed to all but its owner would keep the group from the socket: it may pass, not look. */
async function letGroupPass(folder: string, gid: number): Promise<void> {
  const { mode } = await lstat(folder);
  if ((mode & 0o077) !== 0) return;
  await chown(folder, OWNER_UNCHANGED, gid);
  await chmod(folder, (mode & 0o777) | 0o010);
}

export async function openToGroup(path: string, gid: number): Promise<void> {
  await letGroupPass(dirname(path), gid);
  await chown(path, OWNER_UNCHANGED, gid);
  await chmod(path, GROUP_SOCKET);
}
