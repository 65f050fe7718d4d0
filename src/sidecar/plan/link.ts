/** Lines for `ip -batch`: the bridge of a network, and the veth pair of an endpoint. */
export interface BridgePlan {
  readonly bridge: string;
  readonly bridgeMac: string;
  readonly networkId: string;
  /** Gateway addresses in CIDR form, as Docker's IPAM gave them. */
  readonly addresses: readonly string[];
}

/** The bridge's alias names its network, so that an orphan can be told from somebody else's bridge. */
export const bridgeAlias = (networkId: string): string => `kasm-sidecar:${networkId}`;

// No spanning tree and no snooping: the bridge speaks only when a session or the proxy does.
export const planBridge = (plan: BridgePlan): string[] => [
  `link add name ${plan.bridge} address ${plan.bridgeMac} type bridge stp_state 0 mcast_snooping 0`,
  `link set dev ${plan.bridge} alias ${bridgeAlias(plan.networkId)}`,
  ...configureBridge(plan),
];

/** May be done again, on a bridge that stands. */
export const configureBridge = ({ bridge, addresses }: BridgePlan): string[] => [
  `link set dev ${bridge} addrgenmode none`,
  ...addresses.map((address) => `address replace ${address} dev ${bridge}${address.includes(':') ? ' nodad' : ''}`),
  `link set dev ${bridge} up`,
];

export interface PairPlan {
  readonly hostLink: string;
  readonly containerLink: string;
  readonly mac: string;
  readonly bridge: string;
}

/**
 * The container's end stays down, and nothing can pass: it is Docker who sets it up, when the guard stands. An isolated port
 * reaches only ports that are not: the bridge's own and the proxy's.
 */
export const planPair = ({ hostLink, containerLink, mac, bridge }: PairPlan): string[] => [
  `link add name ${hostLink} type veth peer name ${containerLink} address ${mac}`,
  `link set dev ${hostLink} addrgenmode none`, // a port of a bridge needs no address of its own
  `link set dev ${hostLink} master ${bridge}`,
  `link set dev ${hostLink} type bridge_slave isolated on`,
  `link set dev ${hostLink} up`,
];

/** Docker's own rule for a MAC address: 02:42 and the four bytes of the IPv4 address. */
export const macOf = (ipv4: string): string =>
  ['02', '42', ...ipv4.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');
