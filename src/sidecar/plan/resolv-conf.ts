export interface Resolvers {
  readonly servers: readonly string[];
  readonly searchDomains: readonly string[];
}

const HEADER = '# Written by kasm-sidecar: names resolve only through the egress tunnel of this session.';

/**
 * The container's resolv.conf. Without a server there is no `nameserver` line at all: libc then asks 127.0.0.1, where no
 * one listens, and fails at once instead of waiting for a timeout. glibc reads the first three servers (resolv.conf(5)).
 */
export const renderResolvConf = ({ servers, searchDomains }: Resolvers): string =>
  [
    HEADER,
    ...(servers.length === 0 ? ['# No resolver is known, so no name resolves.'] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(searchDomains.length > 0 ? [`search ${searchDomains.join(' ')}`] : []),
    '',
  ].join('\n');

/**
 * `hosts` with a line for `name`; undefined where it has one already. Docker's own lines stay as they are: an empty file is one
 * that Docker is just writing, and what it writes would be lost.
 */
export function addHostsEntry(hosts: string, address: string, name: string): string | undefined {
  if (hosts === '') return undefined;
  const has = hosts.split('\n').some((line) => {
    const [first, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return first === address && names.includes(name);
  });
  if (has) return undefined;
  return `${hosts.endsWith('\n') ? hosts : `${hosts}\n`}${address}\t${name}\n`;
}
