/** Who lives where in the lab's internet. Documentation ranges (RFC 5737, 3849), so nothing real is ever shadowed. */
export const HOST = { v4: '203.0.113.1', v6: '2001:db8:113::1' };
/** The far end of everything: a router that answers for itself and forwards nothing. */
export const ROUTER = { v4: '203.0.113.254', v6: '2001:db8:113::fe' };
export const SITE = { v4: '203.0.113.80', v6: '2001:db8:113::80' };
/** The resolver that the *host* uses, as an internet provider gives one. What a session asks it is a leak. */
export const RESOLVER = { v4: '203.0.113.53', v6: '2001:db8:113::53' };

export interface GatewayAddresses {
  /** On the lab's internet; what the site sees. */
  readonly v4: string;
  readonly v6: string;
  /** Inside the tunnel: the gateway itself and its resolver. */
  readonly inner4: string;
  readonly inner6: string;
}

/** Gateways are counted from 1. */
export const gatewayAddresses = (gateway: number): GatewayAddresses => ({
  v4: `203.0.113.${10 + gateway}`,
  v6: `2001:db8:113::${10 + gateway}`,
  inner4: `10.64.${gateway}.1`,
  inner6: `fd64:${gateway}::1`,
});

/** Gateways have numbers of one digit: further clients of theirs are so far above in the same /16. */
const NEXT_CLIENTS = 16;

/** Inner addresses of a gateway's clients, which are counted from 1, too. */
export function clientAddresses(gateway: number, client: number): { v4: string; v6: string } {
  const host = client + 1;
  return {
    v4: `10.64.${gateway + NEXT_CLIENTS * Math.floor(host / 256)}.${host % 256}`,
    v6: `fd64:${gateway}::${host.toString(16)}`,
  };
}

export const WIREGUARD_PORT = 51820;
export const OPENVPN_PORT = 1194;

/** Everything in the kernel is called `<prefix>-…`: namespaces, the host's wire, WireGuard devices. */
export interface LabNames {
  readonly prefix: string;
  /** The host's wire to the lab's internet, and the namespace in which all wires meet. */
  readonly wan: string;
  readonly site: string;
  readonly gateway: (gateway: number) => string;
  /** State, keys and logs. */
  readonly folder: string;
}

export const labNames = (prefix = 'kasmlab'): LabNames => ({
  prefix,
  wan: `${prefix}-wan`,
  site: `${prefix}-site`,
  gateway: (gateway) => `${prefix}-gw${gateway}`,
  folder: `/run/${prefix}`,
});
