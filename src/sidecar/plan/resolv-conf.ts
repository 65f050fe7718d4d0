import { isInside, isIp } from '../../shared/ip.ts';

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

/** Where a container finds the proxy: addresses of one network. */
export interface ProxyPlace {
  readonly address: string;
  readonly subnet: string;
  /** The container's. */
  readonly own: string;
}

/**
 * `hosts` with a line for `name`, and without those that we wrote for it when it had another address of `subnet`; undefined where it
 * is so already. Docker's own lines stay as they are: an empty file is one that Docker is just writing, and what it writes would be lost.
 */
export function putHostsEntry(hosts: string, name: string, { address, subnet, own }: ProxyPlace): string | undefined {
  if (hosts === '') return undefined;
  const mayBeFormer = (first: string) => first !== address && first !== own && isIp(first) && isInside(first, subnet);
  const kept = hosts.split('\n').filter((line) => {
    const [first = '', ...rest] = line.split('\t');
    return rest.join() !== name || !mayBeFormer(first);
  });
  const has = kept.some((line) => {
    const [first, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return first === address && names.includes(name);
  });
  const text = kept.join('\n');
  if (has) return text === hosts ? undefined : text;
  return `${text.endsWith('\n') ? text : `${text}\n`}${address}\t${name}\n`;
}
