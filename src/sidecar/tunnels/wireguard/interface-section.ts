import { type Cidr, isInAny, isIp, parseCidr } from '../../../shared/ip.ts';
import type { Findings } from '../findings.ts';
import { isHostname } from '../peer-endpoint.ts';
import { missing, type Section, type Value } from './section.ts';
import { DEFAULT_MTU, MIN_IPV6_MTU } from './settings.ts';

const MAX_ADDRESSES = 16;
const MAX_RESOLVERS = 8;
const MAX_SEARCH_DOMAINS = 16;
const SMALLEST_MTU = 576; // RFC 791
const LARGEST_MTU = 65_535;
/** No session can have these as its own address. */
const isNoAddress = isInAny(['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/127', 'ff00::/8']);

export interface InterfaceSettings {
  readonly addresses: readonly string[];
  readonly mtu: number;
}

export function readInterface(section: Section, findings: Findings): InterfaceSettings {
  const mtuLine = section.one('MTU', findings);
  const mtu = mtuLine === undefined ? DEFAULT_MTU : readMtu(mtuLine, findings);
  return { addresses: readAddresses(section, mtu, findings), mtu: Math.min(mtu, DEFAULT_MTU) };
}

function readMtu({ line, text }: Value, findings: Findings): number {
  const mtu = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (mtu < SMALLEST_MTU || mtu > LARGEST_MTU) {
    findings.refuse(line, `MTU is not a number from ${SMALLEST_MTU} to ${LARGEST_MTU}`);
    return DEFAULT_MTU;
  }
  if (mtu > DEFAULT_MTU) findings.note(line, 'MTU', `${DEFAULT_MTU} is used: larger packets would be cut in pieces`);
  return mtu;
}

function readAddresses(section: Section, mtu: number, findings: Findings): string[] {
  const entries = section.entries('Address');
  if (entries.length === 0) missing(section, 'Address', findings);
  refuseExcess(entries, MAX_ADDRESSES, 'addresses', findings);
  const addresses = entries.flatMap((entry) => readAddress(entry, findings));
  const usable = addresses.filter(({ cidr }) => cidr.family === 4 || mtu >= MIN_IPV6_MTU);
  noteLostIpv6(addresses, usable, findings);
  return [...new Set(usable.map(({ cidr }) => `${cidr.address}/${cidr.prefix}`))];
}

interface Address {
  readonly line: number;
  readonly cidr: Cidr;
}

function readAddress({ line, text }: Value, findings: Findings): Address[] {
  const cidr = parseCidr(text);
  if (cidr && !isNoAddress(cidr.address)) return [{ line, cidr }];
  findings.refuse(line, 'Address is not an address that an interface can have, with or without a prefix length');
  return [];
}

/** The kernel has no IPv6 on a link that small. Without an address of its own, IPv6 stays blocked: nothing leaks. */
function noteLostIpv6(all: readonly Address[], usable: readonly Address[], findings: Findings): void {
  const lost = all.find((address) => !usable.includes(address));
  if (!lost) return;
  if (usable.length === 0) findings.refuse(lost.line, `Address is IPv6, which needs an MTU of ${MIN_IPV6_MTU} or more`);
  else findings.note(lost.line, 'Address', `IPv6 is not used: it needs an MTU of ${MIN_IPV6_MTU} or more`);
}

export interface DnsSettings {
  readonly resolvers: readonly Value[];
  readonly searchDomains: readonly string[];
}

/** As wg-quick: an entry that is no address is a domain to search in. */
export function readDns(section: Section, findings: Findings): DnsSettings {
  const entries = section.entries('DNS');
  const resolvers = entries.filter(({ text }) => isIp(text));
  const domains = entries.filter(({ text }) => !isIp(text));
  for (const { line, text } of domains) {
    if (!isHostname(text)) findings.refuse(line, 'DNS is neither an address nor a domain');
  }
  refuseExcess(resolvers, MAX_RESOLVERS, 'resolvers', findings);
  refuseExcess(domains, MAX_SEARCH_DOMAINS, 'search domains', findings);
  return { resolvers, searchDomains: [...new Set(domains.map(({ text }) => text))] };
}

export function refuseExcess(
  entries: readonly { line: number }[],
  limit: number,
  what: string,
  findings: Findings,
): void {
  const first = entries[limit];
  if (first) findings.refuse(first.line, `more than ${limit} ${what}`);
}
