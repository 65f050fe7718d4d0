import ipaddr from 'ipaddr.js';
import { isInAny } from '../../shared/ip.ts';

/** What decides whether an address may be a VPN server's. All ranges in CIDR form. */
export interface PeerRules {
  /** The host's own addresses and those that mean "everyone on its links". */
  readonly own: readonly string[];
  /** Subnets of Docker's networks. */
  readonly docker: readonly string[];
  /** What an operator allows in spite of everything else. */
  readonly allow: readonly string[];
}

/** Ordinary private ranges are absent on purpose: laboratories and company gateways stand there. */
const NEVER: readonly (readonly [range: string, reason: string])[] = [
  ['127.0.0.0/8', 'it is a loopback address'],
  ['::1/128', 'it is a loopback address'],
  ['0.0.0.0/8', 'it means "this host"'],
  ['::/128', 'it means "this host"'],
  ['224.0.0.0/4', 'it is a multicast address'],
  ['ff00::/8', 'it is a multicast address'],
  ['240.0.0.0/4', 'it is a broadcast or reserved address'],
  ['169.254.0.0/16', 'it is a link-local address, where clouds keep their metadata'],
  ['fe80::/10', 'it is a link-local address'],
  // Metadata services that stand outside link-local: AWS, Google, Oracle (IPv6), Oracle (IPv4), Alibaba, Azure.
  ['fd00:ec2::/32', 'it is a metadata service of a cloud'],
  ['fd20:ce::254/128', 'it is a metadata service of a cloud'],
  ['fd00:c1::a9fe:a9fe/128', 'it is a metadata service of a cloud'],
  ['192.0.0.192/32', 'it is a metadata service of a cloud'],
  ['100.100.100.200/32', 'it is a metadata service of a cloud'],
  ['168.63.129.16/32', 'it is a metadata service of a cloud'],
  // RFC 8215: where the IPv4 address stands in it is each operator's own choice.
  ['64:ff9b:1::/48', 'it is an address of a local NAT64, which may lead anywhere'],
];

/**
 * Why a tunnel may not send to `address` from the host; undefined: it may. The encrypted socket stands on the host, so
 * a tenant's config could otherwise make the host speak to itself, to its neighbours or to its cloud.
 */
export function refusalOf(address: string, rules: PeerRules): string | undefined {
  const subjects = [address, ...carriedAddresses(address)];
  if (subjects.some(isInAny(rules.allow))) return undefined;
  return subjects.map((subject) => refusalOfOne(subject, rules)).find((reason) => reason !== undefined);
}

const never = NEVER.map(([range, reason]) => ({ holds: isInAny([range]), reason }));

function refusalOfOne(address: string, rules: PeerRules): string | undefined {
  const found = never.find(({ holds }) => holds(address));
  if (found) return found.reason;
  if (isInAny(rules.own)(address)) return "it is the host's own address";
  return isInAny(rules.docker)(address) ? 'it is inside a Docker network' : undefined;
}

/** IPv4 addresses inside an IPv6 address that the host, or a gateway near it, turns back into IPv4. */
export function carriedAddresses(address: string): string[] {
  if (!ipaddr.IPv6.isValid(address)) return [];
  const parsed = ipaddr.IPv6.parse(address);
  const bytes = parsed.toByteArray();
  return CARRIERS.filter(([range]) => isWithin(parsed, range)).map(([, positions, flip = 0]) =>
    positions.map((position) => (bytes[position] ?? 0) ^ flip).join('.'),
  );
}

const LAST_FOUR = [12, 13, 14, 15];
const CARRIERS: readonly (readonly [range: string, positions: readonly number[], flip?: number])[] = [
  ['::/96', LAST_FOUR], // IPv4-compatible, RFC 4291
  ['::ffff:0:0/96', LAST_FOUR], // IPv4-mapped, RFC 4291
  ['::ffff:0:0:0/96', LAST_FOUR], // IPv4-translated, RFC 2765
  ['64:ff9b::/96', LAST_FOUR], // NAT64, RFC 6052
  ['2002::/16', [2, 3, 4, 5]], // 6to4, RFC 3056
  ['2001::/32', LAST_FOUR, 0xff], // Teredo, RFC 4380: the client's address, inverted
];

// Not `isInside`: that takes a mapped address for the IPv4 address that it carries.
const isWithin = (address: ipaddr.IPv6, range: string): boolean => address.match(ipaddr.IPv6.parseCIDR(range));
