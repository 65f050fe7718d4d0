import { mkdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/** Folder of this tunnel's files below the session's. */
export const folderOf = (sessionFolder: string): string => join(sessionFolder, 'openvpn');
export const configFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'openvpn.conf');
export const logFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'openvpn.log');

/** A Unix socket's path has at most 107 characters: this one is 55 long. */
export const socketFile = (sessionFolder: string): string => join(folderOf(sessionFolder), 'management.sock');

/** What OpenVPN is started with, and what an operator looks at; readable by root alone, since keys of tls-auth are inline. */
export async function writeConfig(sessionFolder: string, text: string): Promise<void> {
  await mkdir(folderOf(sessionFolder), { recursive: true, mode: 0o700 });
  // No fsync: after a crash of the host there is no tunnel that it would describe.
  await writeFileAtomic(configFile(sessionFolder), text, { mode: 0o600, fsync: false });
}

const MAX_LOG_BYTES = 1 << 20;

/** A tunnel that flaps for weeks must not fill the host's memory: /var/run is a tmpfs. */
export async function boundLog(sessionFolder: string): Promise<void> {
  const size = await stat(logFile(sessionFolder)).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await truncate(logFile(sessionFolder), 0);
}
