import { familyOf, type IpFamily } from '../../shared/ip.ts';
import { TUNNEL_DEVICES } from '../../shared/names.ts';
import { directOf, type Passage, type ProxyPeer, type Wire } from './wire.ts';

/**
 * The lock: the inner of the two layers, iptables in the container's namespace.
 *
 * `filter` has the rows that Kasm's documents print, in their order, under policy DROP. As printed they are wider than a
 * kill switch may be (a whole subnet, the VPN server on any interface), so `mangle`, which every packet meets first,
 * holds what may really pass. See docs/adr/0002-two-tables-in-the-lock.md.
 */
export interface LockInput {
  /** All wires of this namespace that are ours; usually one. */
  readonly wires: readonly Wire[];
  readonly passage: Passage;
  /** Addresses of the VPN server, for the documented rows. */
  readonly servers: readonly string[];
  /** Whether the engine may make known an address from inside: from Docker 28 on, which makes the namespace before Join. */
  readonly announces: boolean;
}

/** Texts for `iptables-restore` and `ip6tables-restore`. Each replaces `mangle` and `filter`; `nat` is Docker's and stays. */
export interface Lock {
  readonly v4: string;
  readonly v6: string;
}

/** Docker's embedded resolver. It would ask the host's resolvers, on the host (facts/docker-plugin.md, section 0). */
const EMBEDDED_RESOLVER = '127.0.0.11/32';

export const planLock = (input: LockInput): Lock => ({ v4: planFamily(input, 4), v6: planFamily(input, 6) });

/** No other chain of `mangle` is named: nft(8) then has none, and each would cost every packet of the tunnel. */
const CLOSED = ['INPUT DROP', 'FORWARD DROP', 'OUTPUT DROP'];

function planFamily(input: LockInput, family: IpFamily): string {
  if (input.passage.kind === 'proxy' || input.passage.kind === 'open') return openTables();
  return [
    table('mangle', CLOSED, [...mangleInput(input, family), ...mangleOutput(input, family)]),
    table('filter', CLOSED, [...filterInput(input, family), ...filterOutput(input, family)]),
  ].join('');
}

/** For a session that is wanted without a tunnel: the guard alone keeps it off the host and its neighbours. */
const openTables = (): string =>
  [
    table('mangle', ['INPUT ACCEPT', 'FORWARD ACCEPT', 'OUTPUT ACCEPT'], []),
    table('filter', ['INPUT ACCEPT', 'FORWARD DROP', 'OUTPUT ACCEPT'], []),
  ].join('');

type Chain = 'INPUT' | 'OUTPUT';
const DEVICE_OF: Readonly<Record<Chain, '-i' | '-o'>> = { INPUT: '-i', OUTPUT: '-o' };

const accept = (chain: string, match: string): string => `-A ${chain} ${match} -j ACCEPT`;

const ownAddress = (wire: Wire, family: IpFamily): string | undefined => (family === 4 ? wire.ipv4 : wire.ipv6);
const proxyAddress = (proxy: ProxyPeer, family: IpFamily): string | undefined =>
  family === 4 ? proxy.ipv4 : proxy.ipv6;
const subnet = (wire: Wire, family: IpFamily): string | undefined =>
  family === 4 ? wire.network.subnet4 : wire.network.subnet6;

/** Every pair of a wire and a proxy on its network that have addresses of this family. */
const links = (input: LockInput, family: IpFamily): { wire: Wire; own: string; proxy: ProxyPeer; address: string }[] =>
  input.wires.flatMap((wire) =>
    wire.network.proxies.flatMap((proxy) => {
      const own = ownAddress(wire, family);
      const address = proxyAddress(proxy, family);
      return own && address ? [{ wire, own, proxy, address }] : [];
    }),
  );

const directRanges = (input: LockInput, family: IpFamily): string[] =>
  directOf(input.passage).filter((range) => familyOf(range) === family);

/**
 * `mangle` tells types of ICMPv6 apart, and so `filter` needs not: iptables-nft has xtables' own match for them, and the
 * kernel makes each transaction with such a one wait until it has freed what those before have replaced (10 to 40 ms).
 */
type Exactness = 'any type' | 'its type';
const icmp6 = (exactness: Exactness, type: string): string =>
  exactness === 'its type' ? `-p ipv6-icmp --icmpv6-type ${type}` : '-p ipv6-icmp';

/** RFC 4861: without neighbour discovery an IPv6 wire can't find the proxy. The guard bounds its targets. */
const NEIGHBOUR_TYPES = ['neighbour-solicitation', 'neighbour-advertisement'] as const;
function neighbours(input: LockInput, chain: Chain, family: IpFamily, exactness: Exactness): string[] {
  if (family === 4) return [];
  const rules = input.wires
    .filter((wire) => wire.ipv6)
    .flatMap(({ link }) =>
      NEIGHBOUR_TYPES.map((type) => accept(chain, `${DEVICE_OF[chain]} ${link} ${icmp6(exactness, type)}`)),
    );
  return [...new Set(rules)];
}

/** Docker 28 makes known an address on any network, and does not connect the container where it can't. The guard stops it. */
const announcements = ({ announces }: LockInput, family: IpFamily, exactness: Exactness): string[] =>
  family === 4 || !announces ? [] : [accept('OUTPUT', `-d ff02::1/128 ${icmp6(exactness, 'neighbour-advertisement')}`)];

const through = (chain: string, direction: '-i' | '-o', devices: readonly string[]): string[] =>
  devices.map((device) => accept(chain, `${direction} ${device}`));

/** R56–R58, R62 */
const AS_DOCUMENTED = ['lo', TUNNEL_DEVICES.openvpn, TUNNEL_DEVICES.wireguard];
/** Every packet is held against every row before its own. */
const FREQUENT_FIRST = AS_DOCUMENTED.toReversed();

const mangleInput = (input: LockInput, family: IpFamily): string[] => [
  ...through('INPUT', '-i', FREQUENT_FIRST),
  ...links(input, family).map(({ wire, own, address }) => accept('INPUT', `-s ${address} -d ${own} -i ${wire.link}`)),
  ...neighbours(input, 'INPUT', family, 'its type'),
  ...directInput(input, family),
];

const mangleOutput = (input: LockInput, family: IpFamily): string[] => [
  ...(family === 4 ? [`-A OUTPUT -d ${EMBEDDED_RESOLVER} -j DROP`] : []),
  ...through('OUTPUT', '-o', FREQUENT_FIRST),
  ...links(input, family).flatMap(({ wire, own, proxy, address }) => {
    const toward = `-s ${own} -d ${address} -o ${wire.link}`;
    return [
      ...proxy.ports.map((port) => accept('OUTPUT', `${toward} -p tcp -m tcp --dport ${port}`)),
      accept('OUTPUT', `${toward} -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY`),
    ];
  }),
  ...neighbours(input, 'OUTPUT', family, 'its type'),
  ...announcements(input, family, 'its type'),
  ...directOutput(input, family),
];

/** R55–R60, in the documents' order. */
const filterInput = (input: LockInput, family: IpFamily): string[] => [
  ...links(input, family).map(({ wire, address }) => accept('INPUT', `-s ${address} -i ${wire.link}`)),
  ...through('INPUT', '-i', AS_DOCUMENTED),
  ...input.wires.flatMap((wire) => subnetRow(wire, 'INPUT', '-s', family)),
  ...serverRows(input, 'INPUT', '-s', family),
  ...neighbours(input, 'INPUT', family, 'any type'),
  ...directInput(input, family),
];

/** R61–R63, in the documents' order. */
const filterOutput = (input: LockInput, family: IpFamily): string[] => [
  ...links(input, family).flatMap(({ wire, proxy, address }) =>
    proxy.ports.map((port) => accept('OUTPUT', `-d ${address} -o ${wire.link} -p tcp -m tcp --dport ${port}`)),
  ),
  ...through('OUTPUT', '-o', AS_DOCUMENTED),
  ...input.wires.flatMap((wire) => subnetRow(wire, 'OUTPUT', '-d', family)),
  ...serverRows(input, 'OUTPUT', '-d', family),
  ...neighbours(input, 'OUTPUT', family, 'any type'),
  ...announcements(input, family, 'any type'),
  ...directOutput(input, family),
];

function subnetRow(wire: Wire, chain: string, side: '-s' | '-d', family: IpFamily): string[] {
  const range = subnet(wire, family);
  return range ? [accept(chain, `${side} ${range}`)] : [];
}

const serverRows = (input: LockInput, chain: string, side: '-s' | '-d', family: IpFamily): string[] =>
  input.servers.filter((server) => familyOf(server) === family).map((server) => accept(chain, `${side} ${server}`));

const directInput = (input: LockInput, family: IpFamily): string[] => {
  const ranges = directRanges(input, family);
  if (ranges.length === 0) return [];
  return input.wires.flatMap(({ link }) => [
    ...ranges.map((range) => accept('INPUT', `-s ${range} -i ${link} -m conntrack --ctstate RELATED,ESTABLISHED`)),
    accept('INPUT', `-i ${link} ${TOO_BIG[family]} -m conntrack --ctstate RELATED`),
  ]);
};

/** RFC 1191, RFC 8201: "this packet is too big" comes from any router on the way, whose address nobody knows beforehand. */
const TOO_BIG: Readonly<Record<IpFamily, string>> = {
  4: '-p icmp -m icmp --icmp-type fragmentation-needed',
  6: '-p ipv6-icmp -m icmp6 --icmpv6-type packet-too-big',
};

const directOutput = (input: LockInput, family: IpFamily): string[] =>
  input.wires.flatMap((wire) =>
    directRanges(input, family).map((range) => accept('OUTPUT', `-d ${range} -o ${wire.link}`)),
  );

const table = (name: string, policies: readonly string[], rules: readonly string[]): string =>
  [`*${name}`, ...policies.map((policy) => `:${policy} [0:0]`), ...rules, 'COMMIT', ''].join('\n');
