import { type Cidr, type IpFamily, parseCidr } from '../../shared/ip.ts';

/**
 * The tunnel's routes stand in a table of their own: routes of ours in `main` would clash with what libnetwork puts
 * there when it configures its own interface, and the container's start would fail (facts/engines.md, trap 1).
 */
export const TUNNEL_TABLE = 51820;
/** What `main` knows better than "default" comes first: the wire's own subnet. */
export const MAIN_RULE_PRIORITY = 100;
export const TUNNEL_RULE_PRIORITY = 101;
/** The worst metric there is: what no tunnel takes is unreachable, also while the tunnel is away. */
const LAST_METRIC = 4_294_967_295;

/** A tunnel's device inside a session. Addresses and destinations in CIDR form. */
export interface TunnelRouting {
  readonly device: string;
  readonly addresses: readonly string[];
  readonly mtu: number;
  readonly destinations: readonly string[];
}

/**
 * What keeps traffic in, with a tunnel or without one: lines for `ip -4 -batch` or `ip -6 -batch` (a rule's family can't
 * be said in its line). Applied again, `rule add` says "File exists", and nothing changes.
 */
export const planTunnelHold = (family: IpFamily): string[] => [
  `route replace unreachable ${family === 4 ? '0.0.0.0/0' : '::/0'} metric ${LAST_METRIC} table ${TUNNEL_TABLE}`,
  `rule add priority ${MAIN_RULE_PRIORITY} table main suppress_prefixlength 0`,
  `rule add priority ${TUNNEL_RULE_PRIORITY} table ${TUNNEL_TABLE}`,
  // What an earlier launch script allowed past its tunnel must not lead there any more.
  `route flush table ${TUNNEL_TABLE} type unicast`,
];

/** Undoes the hold, for a session that is wanted without a tunnel after it had one. */
export const planTunnelRelease = (): string[] => [
  `rule del priority ${MAIN_RULE_PRIORITY} table main suppress_prefixlength 0`,
  `rule del priority ${TUNNEL_RULE_PRIORITY} table ${TUNNEL_TABLE}`,
];

/**
 * What lets traffic through: lines for `ip -batch`, both families together, for a device that stands inside. A family
 * in which the tunnel has no address gets no route into it, and so stays unreachable.
 */
export function planTunnelRoutes({ device, addresses, mtu, destinations }: TunnelRouting): string[] {
  const own = addresses.map(parseCidr).filter(isCidr);
  const families = new Set(own.map(({ family }) => family));
  const networks = destinations.map(parseCidr).filter(isCidr);
  const reachable = new Set(networks.filter(({ family }) => families.has(family)).map(({ network }) => network));
  return [
    ...own.map((address) => planAddress(address, device)),
    `link set dev ${device} mtu ${mtu} up`,
    ...[...reachable].map((network) => `route replace ${network} dev ${device} table ${TUNNEL_TABLE}`),
  ];
}

// noprefixroute: the kernel would put the address's subnet into `main`.
const planAddress = ({ address, prefix, family }: Cidr, device: string): string =>
  `address replace ${address}/${prefix} dev ${device}${family === 6 ? ' nodad' : ''} noprefixroute`;

const isCidr = (cidr: Cidr | undefined): cidr is Cidr => cidr !== undefined;
