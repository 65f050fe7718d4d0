import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../../../shared/async.ts';
import { EgressError } from '../../../shared/errors.ts';
import { makeRoomForInotify } from '../../host/inotify.ts';
import { muteLinkNews } from '../../host/mute-link-news.ts';
import { isSameProcess, type ProcessIdentity, startDaemon, stopProcesses } from '../../host/process.ts';
import { isListening } from '../../host/unix-socket.ts';
import type { HostPlace } from '../tunnel.ts';
import { folderOf } from './files.ts';

const READY_DEADLINE_MS = 3000;
const POLL_MS = 2;

/** wireguard-go's own, and its control sockets are in it: named as the device was born, also after that was moved and renamed. */
const SOCKET_FOLDER = '/var/run/wireguard';
export const socketOf = (hostDevice: string): string => `${SOCKET_FOLDER}/${hostDevice}.sock`;

/** By their sockets. Each watches its own by an inotify instance. */
const countUserspace = async (): Promise<number> => (await readdir(SOCKET_FOLDER).catch(() => [])).length;

/** What wireguard-go says of its own end, and what to do about it where that is not plain. */
const explained = (line: string): string =>
  line.includes('too many open files') ? `${line} (raise fs.inotify.max_user_instances on the host)` : line;

/**
 * Starts wireguard-go for a new device in the host's namespace, where its encrypted socket stays. It is not our child
 * in any way that matters: when this daemon ends, it goes on. @throws EgressError TUNNEL_DEVICE_FAILED
 */
export async function startUserspace(binary: string, { hostDevice, folder }: HostPlace): Promise<ProcessIdentity> {
  const logFile = join(folderOf(folder), 'wireguard-go.log');
  makeRoomForInotify(await countUserspace());
  const process = await startDaemon([binary, '-f', hostDevice], {
    env: { WG_PROCESS_FOREGROUND: '1', LOG_LEVEL: 'error' },
    logFile,
  });
  const state = await poll(() => stateOf(process, hostDevice), { everyMs: POLL_MS, deadlineMs: READY_DEADLINE_MS });
  if (state === 'ready') return process;
  const why = state === 'ended' ? explained(await lastLine(logFile)) : `not ready within ${READY_DEADLINE_MS / 1000} s`;
  await stopUserspace(binary, hostDevice, process);
  throw new EgressError('TUNNEL_DEVICE_FAILED', `starting ${binary}: ${why}`, { details: { device: hostDevice } });
}

/** The socket comes after the device. Its file is not enough: wg(8) removes one that doesn't listen yet as stale. */
async function stateOf(process: ProcessIdentity, hostDevice: string): Promise<'ready' | 'ended' | undefined> {
  if (await isListening(socketOf(hostDevice))) return 'ready';
  return isSameProcess(process) ? undefined : 'ended';
}

/** It prints no secrets, and at LOG_LEVEL=error hardly anything. */
async function lastLine(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trim().split('\n').at(-1) || 'it ended at once';
}

/**
 * For one that is up: its device is in another namespace, and what happens to the host's links is none of its business. Where
 * that can't be done (before Linux 5.6, or by a rule of the host's) it goes on listening, which costs time and nothing else.
 */
export function silence({ id }: ProcessIdentity): void {
  try {
    muteLinkNews(id);
  } catch {
    // as above
  }
}

/** Ends `known` and whatever else runs for this device: its id may be lost, or stand for another process by now. */
export async function stopUserspace(binary: string, hostDevice: string, known?: ProcessIdentity): Promise<void> {
  await stopProcesses(binary, hostDevice, known);
  await rm(socketOf(hostDevice), { force: true }); // left behind after SIGKILL
}
