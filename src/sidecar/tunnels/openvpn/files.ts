import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../shared/replace-file.ts';

/** Folder of this tunnel's files below the session's. */
export const folderOf = (sessionFolder: string): string => join(sessionFolder, 'openvpn');
export const configFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'openvpn.conf');
export const logFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'openvpn.log');

/** A Unix socket's path has at most 107 characters: this one is 55 long. */
export const socketFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'management.sock');

/** What OpenVPN is started with, and what an operator looks at; readable by root alone, since keys of tls-auth are inline. */
export async function writeConfig(sessionFolder: string, text: string): Promise<void> {
  await mkdir(folderOf(sessionFolder), { recursive: true, mode: 0o700 });
  replaceFile(configFile(sessionFolder), text);
}

/** A server that sends junk for weeks must not fill the host's memory: /var/run is a tmpfs. Absent is success. */
export const cutLog = (sessionFolder: string): Promise<void> =>
  truncate(logFile(sessionFolder), 0).catch(() => undefined);
