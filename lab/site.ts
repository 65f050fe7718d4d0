import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LabNames } from './addresses.ts';
import { gatewayAddresses, HOST, RESOLVER, SITE } from './addresses.ts';
import { startDaemon, until } from './daemon.ts';
import { runInside } from './namespace.ts';
import { queriesIn, startResolver } from './resolver.ts';

export interface Visit {
  readonly time: string;
  readonly protocol: 'http' | 'tcp' | 'udp';
  /** The address that the visitor had on the lab's internet. */
  readonly from: string;
  /** Path of the page, or the datagram's text. */
  readonly what: string;
}

const visitsFile = (names: LabNames): string => `${names.folder}/site-visits.jsonl`;
const queriesFile = (names: LabNames): string => `${names.folder}/resolver-queries.log`;
const hostsFile = (names: LabNames): string => `${names.folder}/resolver-hosts`;
const pidFile = (names: LabNames): string => `${names.folder}/resolver.pid`;

/** Names of VPN servers that a host must refuse, though only their address tells. */
const FORBIDDEN_ENDPOINTS: [string, string][] = [
  ['loopback.test', '127.0.0.1'],
  ['host.test', HOST.v4],
  ['metadata.test', '169.254.169.254'],
];

/** The page, the echoes and the host's resolver. Their namespace and wire exist already. */
export async function startSite(names: LabNames, gateways: number): Promise<void> {
  const server = fileURLToPath(new URL('./site-server.ts', import.meta.url));
  startDaemon(names.site, [process.execPath, server, visitsFile(names)], `${names.folder}/site.log`);
  const gatewayNames = Array.from(
    { length: gateways },
    (_, index) => `${gatewayAddresses(index + 1).v4} gw${index + 1}.test\n`,
  );
  await writeFile(hostsFile(names), gatewayNames.join(''));
  await startResolver(names.site, {
    listen: [RESOLVER.v4, RESOLVER.v6],
    answers: [['site.test', SITE.v4], ['site.test', SITE.v6], ['exit.test', RESOLVER.v4], ...FORBIDDEN_ENDPOINTS],
    log: queriesFile(names),
    changing: { hostsFile: hostsFile(names), pidFile: pidFile(names) },
  });
  await until(`the page of ${names.site}`, async () => (await runInside(names.site, ['ss', '-Hltn'])).includes(':80 '));
}

/** Everything that asked for the page or for an echo, oldest first. */
export function visits(names: LabNames): Visit[] {
  if (!existsSync(visitsFile(names))) return [];
  return readFileSync(visitsFile(names), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Visit);
}

export const hostQueries = (names: LabNames): string[] => queriesIn(queriesFile(names));

export async function pointName(names: LabNames, name: string, address: string): Promise<void> {
  const others = (await readFile(hostsFile(names), 'utf8')).split('\n').filter((line) => !line.endsWith(` ${name}`));
  await writeFile(hostsFile(names), [...others.filter(Boolean), `${address} ${name}`, ''].join('\n'));
  process.kill(Number(await readFile(pidFile(names), 'utf8')), 'SIGHUP');
}
