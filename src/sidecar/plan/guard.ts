import { familyOf, hexOfIpv6 } from '../../shared/ip.ts';
import { directOf, type Passage, type ProxyPeer, type Wire } from './wire.ts';

/**
 * The guard: the outer of the two layers. It stands on the host end of a wire, at the first hook that a frame meets
 * (nft `netdev`, ingress), where no one in the container can reach it. It keeps no state, so nothing that was
 * established before can outlive a change: replies to the proxy are told by their TCP flags.
 */
export const GUARD_TABLE = 'kasm_sidecar';
const CHAIN_PREFIX = 'from_';
export const guardChain = (hostLink: string): string => `${CHAIN_PREFIX}${hostLink}`;
/** Undefined where `chain` is no guard's. */
export const guardedLink = (chain: string): string | undefined =>
  chain.startsWith(CHAIN_PREFIX) ? chain.slice(CHAIN_PREFIX.length) : undefined;

/** The table of all guards, for `nft -f`. */
export const planGuardTable = (): string => `table netdev ${GUARD_TABLE} {\n}\n`;

/** Never reached directly, whatever a launch script allows: this host's loopback, link-local with the clouds' metadata, multicast. */
const NEVER_DIRECT_4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];
const NEVER_DIRECT_6 = ['::/127', '::ffff:0:0/96', 'fe80::/10', 'fd00:ec2::254/128', 'ff00::/8'];

const set = (items: readonly (string | number)[]): string => `{ ${items.join(', ')} }`;

/** The chain of one wire, for `nft -f`: replaces what was there in one transaction. */
export function planGuard(wire: Wire, passage: Passage): string {
  if (passage.kind === 'proxy') return renderChain(wire.hostLink, ['accept']);
  return renderChain(wire.hostLink, passage.kind === 'shut' ? [] : sessionRules(wire, passage));
}

/** Nothing passes: for a container's interface on somebody else's network. */
export const planForeignGuard = (hostLink: string): string => renderChain(hostLink, []);

/** Where nothing may pass it is the guard that is shut: a new wire has that already. */
function sessionRules(wire: Wire, passage: Passage): string[] {
  const direct = directOf(passage);
  const exceptions = [
    ...wire.network.proxies.flatMap((proxy) => [...toProxy4(wire, proxy), ...toProxy6(wire, proxy)]),
    ...direct4(
      wire,
      direct.filter((range) => familyOf(range) === 4),
    ),
    ...direct6(
      wire,
      direct.filter((range) => familyOf(range) === 6),
    ),
  ];
  return exceptions.length === 0 ? [] : [`ether saddr != ${wire.mac} drop`, ...exceptions];
}

const arpTo = (wire: Wire, address: string): string =>
  `arp saddr ether ${wire.mac} arp saddr ip ${wire.ipv4} arp daddr ip ${address} accept`;

// Not `established`, but "does not open a connection": SYN without ACK is what opens one.
const REPLIES = 'tcp flags & (syn | ack) != syn accept';

function toProxy4(wire: Wire, proxy: ProxyPeer): string[] {
  const toward = `ip saddr ${wire.ipv4} ether daddr ${proxy.mac} ip daddr ${proxy.ipv4}`;
  return [
    arpTo(wire, proxy.ipv4),
    `${toward} tcp dport ${set(proxy.ports)} accept`,
    `${toward} ${REPLIES}`,
    `${toward} icmp type echo-reply accept`,
  ];
}

/**
 * Asks for `target` alone, and answers for the own address alone: an advertisement of another's would take over what the
 * proxy sends there. RFC 4861 4.3, 4.4: the target stands 8 bytes into the message; 7.1: hop limit 255 can't have been routed.
 */
const neighbourTo = (wire: Wire, target: string): string[] => {
  const from = `ip6 saddr ${wire.ipv6} ip6 daddr ${set([target, solicitedNode(target)])} ip6 hoplimit 255`;
  const about = (address: string) => `@th,64,128 ${hexOfIpv6(address)}`;
  return [
    `${from} icmpv6 type nd-neighbor-solicit ${about(target)} accept`,
    `${from} icmpv6 type nd-neighbor-advert ${about(wire.ipv6 ?? '::')} accept`,
  ];
};

function toProxy6(wire: Wire, proxy: ProxyPeer): string[] {
  if (!wire.ipv6 || !proxy.ipv6) return [];
  const toward = `ip6 saddr ${wire.ipv6} ether daddr ${proxy.mac} ip6 daddr ${proxy.ipv6}`;
  return [
    ...neighbourTo(wire, proxy.ipv6),
    `${toward} tcp dport ${set(proxy.ports)} accept`,
    `${toward} ${REPLIES}`,
    `${toward} icmpv6 type echo-reply accept`,
  ];
}

function direct4(wire: Wire, ranges: readonly string[]): string[] {
  if (ranges.length === 0) return [];
  const { bridgeMac, gateway4, subnet4 } = wire.network;
  return [
    arpTo(wire, gateway4),
    `ip daddr ${set([subnet4, ...NEVER_DIRECT_4])} drop`,
    `ip saddr ${wire.ipv4} ether daddr ${bridgeMac} ip daddr ${set(ranges)} accept`,
  ];
}

function direct6(wire: Wire, ranges: readonly string[]): string[] {
  const { bridgeMac, gateway6, subnet6 } = wire.network;
  if (ranges.length === 0 || !wire.ipv6 || !gateway6 || !subnet6) return [];
  return [
    ...neighbourTo(wire, gateway6),
    `ip6 daddr ${set([subnet6, ...NEVER_DIRECT_6])} drop`,
    `ip6 saddr ${wire.ipv6} ether daddr ${bridgeMac} ip6 daddr ${set(ranges)} accept`,
  ];
}

/** RFC 4291 2.7.1: ff02::1:ff00:0/104 and the last 24 bits of the address. */
export function solicitedNode(address: string): string {
  const last = expandTail(address);
  return `ff02::1:ff${last.slice(0, 2)}:${last.slice(2)}`;
}

/** The last 24 bits of an IPv6 address, as six digits. */
function expandTail(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = (tail === undefined ? head : tail).split(':').filter((group) => group !== '');
  return ['0', '0', ...groups]
    .slice(-2)
    .map((group) => group.padStart(4, '0'))
    .join('')
    .slice(2);
}

// `flush`, not `delete`: taking the hook away and putting it back costs some 15 ms, and would need a look at the gap.
function renderChain(hostLink: string, rules: readonly string[]): string {
  const chain = guardChain(hostLink);
  return [
    `table netdev ${GUARD_TABLE} {`,
    `  chain ${chain} { type filter hook ingress device "${hostLink}" priority -500; policy drop; }`,
    '}',
    `flush chain netdev ${GUARD_TABLE} ${chain}`,
    `table netdev ${GUARD_TABLE} {`,
    `  chain ${chain} {`,
    ...rules.map((rule) => `    ${rule}`),
    '    counter drop',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Absent is success: naming a chain first makes it, so that the deletion can't fail. */
export function planGuardRemoval(hostLink: string): string {
  const chain = guardChain(hostLink);
  return [
    `table netdev ${GUARD_TABLE} {`,
    `  chain ${chain} {`,
    '  }',
    '}',
    `flush chain netdev ${GUARD_TABLE} ${chain}`,
    `delete chain netdev ${GUARD_TABLE} ${chain}`,
    '',
  ].join('\n');
}
