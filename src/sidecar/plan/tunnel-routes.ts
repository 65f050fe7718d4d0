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
 * Lines for one `ip -batch` of one family (`ip -6` for IPv6; a rule's family can't be said in its line). Applying them
 * again changes nothing, except that `rule add` then says "File exists". What keeps traffic in comes before what lets
 * it through. A family in which the tunnel has no address gets no route into it, and so stays unreachable.
 */
export function planTunnelRoutes(routing: TunnelRouting, family: IpFamily): string[] {
  const everything = family === 4 ? '0.0.0.0/0' : '::/0';
  const addresses = ofFamily(routing.addresses, family);
  return [
    `route replace unreachable ${everything} metric ${LAST_METRIC} table ${TUNNEL_TABLE}`,
    `rule add priority ${MAIN_RULE_PRIORITY} table main suppress_prefixlength 0`,
    `rule add priority ${TUNNEL_RULE_PRIORITY} table ${TUNNEL_TABLE}`,
    ...(addresses.length === 0 ? [] : planDevice(routing, addresses, family)),
  ];
}

function planDevice({ device, mtu, destinations }: TunnelRouting, addresses: Cidr[], family: IpFamily): string[] {
  const networks = new Set(ofFamily(destinations, family).map(({ network }) => network));
  return [
    ...addresses.map((cidr) => planAddress(cidr, device)),
    `link set dev ${device} mtu ${mtu} up`,
    ...[...networks].map((network) => `route replace ${network} dev ${device} table ${TUNNEL_TABLE}`),
  ];
}

// noprefixroute: the kernel would put the address's subnet into `main`.
const planAddress = ({ address, prefix, family }: Cidr, device: string): string =>
  `address replace ${address}/${prefix} dev ${device}${family === 6 ? ' nodad' : ''} noprefixroute`;

const ofFamily = (ranges: readonly string[], family: IpFamily): Cidr[] =>
  ranges.map(parseCidr).filter((cidr): cidr is Cidr => cidr?.family === family);
