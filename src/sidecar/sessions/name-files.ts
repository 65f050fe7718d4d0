import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../../shared/async.ts';
import type { Container } from '../docker/container-folder.ts';
import { hasEmbeddedResolver } from '../host/sockets.ts';
import { addHostsEntry, type Resolvers, renderResolvConf } from '../plan/resolv-conf.ts';

const RESOLVER_DEADLINE_MS = 3_000;

/** Until Docker's embedded resolver listens in the namespace of process `pid`. @returns false if it does not come */
export async function awaitEmbeddedResolver(pid: number, signal: AbortSignal): Promise<boolean> {
  const listening = async () => ((await hasEmbeddedResolver(pid)) ? true : undefined);
  return (await poll(listening, { everyMs: 5, deadlineMs: RESOLVER_DEADLINE_MS, signal })) ?? false;
}

/** Writes the container's resolv.conf in place: it is a bind mount, so its inode must stay. */
export async function writeResolvConf({ folder }: Container, resolvers: Resolvers): Promise<void> {
  const path = join(folder, 'resolv.conf');
  const text = renderResolvConf(resolvers);
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) await writeFile(path, text);
}

/** Makes `KASM_API_HOST` lead to the proxy; without that variable, nothing. In place, as resolv.conf. */
export async function writeHosts({ folder, env }: Container, proxyAddress: string): Promise<void> {
  const name = env.find((entry) => entry.startsWith('KASM_API_HOST='))?.slice('KASM_API_HOST='.length);
  if (!name || !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name)) return;
  if (/^[\d.]+$/.test(name)) return; // an address needs no name
  const path = join(folder, 'hosts');
  const text = addHostsEntry(await readFile(path, 'utf8'), proxyAddress, name);
  if (text !== undefined) await writeFile(path, text);
}

/** The host's own resolvers, for a session that is wanted without a tunnel. Loopback ones can't be reached from inside. */
export async function hostResolvers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return text
    .split('\n')
    .flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((server) => !server.startsWith('127.') && server !== '::1');
}
