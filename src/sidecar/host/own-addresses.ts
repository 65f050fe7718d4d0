import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

const TRIE_ADDRESS = /\|-- (\d+\.\d+\.\d+\.\d+)$/;
const TRIE_OWN = /\/(\d+) host LOCAL$|\/(\d+) link BROADCAST$/;

/**
 * Addresses of this host, and the broadcast addresses of its links, in CIDR form. The kernel's tables know more than
 * Node, which passes over links without a carrier: a bridge that no container is plugged into still is the host.
 */
export async function ownAddresses(): Promise<string[]> {
  const [trie, v6] = await Promise.all(
    ['/proc/net/fib_trie', '/proc/net/if_inet6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  // With hundreds of links that takes Node milliseconds, for what the tables have told: it is for kernels that have none.
  const listed = trie ? [] : Object.values(networkInterfaces()).flatMap((links) => links ?? []);
  const addresses = listed.map(({ address }) => address);
  return [...new Set([...addresses, ...parseFibTrie(trie ?? ''), ...parseIfInet6(v6 ?? '')])];
}

/** /proc/net/fib_trie: an address on one line, what it is on those after it. */
export function parseFibTrie(text: string): string[] {
  let address = '';
  const found: string[] = [];
  for (const line of text.split('\n')) {
    address = TRIE_ADDRESS.exec(line)?.[1] ?? address;
    const own = TRIE_OWN.exec(line);
    if (own) found.push(`${address}/${own[1] ?? own[2]}`);
  }
  return found;
}

/** /proc/net/if_inet6: 32 hexadecimal digits begin each line. */
export const parseIfInet6 = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.slice(0, 32))
    .filter((digits) => /^[0-9a-f]{32}$/.test(digits))
    .map((digits) => (digits.match(/.{4}/g) ?? []).join(':'));
