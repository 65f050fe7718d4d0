import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '../docker/container-folder.ts';
import { KeptFile } from '../host/kept-file.ts';
import { type ProxyPlace, putHostsEntry, type Resolvers, renderResolvConf } from '../plan/resolv-conf.ts';

export const resolvConfOf = ({ folder }: Container): KeptFile => new KeptFile(join(folder, 'resolv.conf'));
export const hostsOf = ({ folder }: Container): KeptFile => new KeptFile(join(folder, 'hosts'));

export async function keepResolvConf(file: KeptFile, resolvers: Resolvers): Promise<void> {
  const wanted = renderResolvConf(resolvers);
  await file.keep(wanted, (text) => (text === wanted ? undefined : wanted));
}

/** Makes `KASM_API_HOST` lead to the proxy, and no longer to where it was before; without that variable, nothing. */
export async function keepHosts(file: KeptFile, { env }: Container, proxy: ProxyPlace): Promise<void> {
  const name = env.find((entry) => entry.startsWith('KASM_API_HOST='))?.slice('KASM_API_HOST='.length);
  if (!name || !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name)) return;
  if (/^[\d.]+$/.test(name)) return; // an address needs no name
  await file.keep(`${proxy.address} ${name}`, (text) => putHostsEntry(text, name, proxy));
}

/** The host's own resolvers, for a session that is wanted without a tunnel. Loopback ones can't be reached from inside. */
export async function hostResolvers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return text
    .split('\n')
    .flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((server) => !server.startsWith('127.') && server !== '::1');
}
