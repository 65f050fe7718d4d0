/** What a plan must know about the wires of sessions. Addresses are plain, without a prefix length, unless named so. */
export interface ProxyPeer {
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6?: string | undefined;
  /** TCP ports that sessions may open on it. */
  readonly ports: readonly number[];
}

/** One endpoint: a veth pair between a container and the bridge of its network. */
export interface Wire {
  readonly hostLink: string;
  /** The name inside the container, `k-p-…`. */
  readonly link: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6?: string | undefined;
  readonly network: WireNetwork;
}

export interface WireNetwork {
  readonly bridge: string;
  readonly bridgeMac: string;
  /** In CIDR form. */
  readonly subnet4: string;
  readonly gateway4: string;
  readonly subnet6?: string | undefined;
  readonly gateway6?: string | undefined;
  readonly proxies: readonly ProxyPeer[];
}

/**
 * What a session may do besides its tunnel.
 * - `shut`: nothing; a wire is made like this.
 * - `session`: speak with the proxy, and with `direct` (networks in CIDR form; empty for a session that only has a tunnel).
 * - `open`: everything but the host, its neighbours and link-local; for a session that is wanted without a tunnel.
 * - `proxy`: the endpoint is the proxy's own.
 */
export type Passage =
  | { readonly kind: 'shut' }
  | { readonly kind: 'session'; readonly direct: readonly string[] }
  | { readonly kind: 'open' }
  | { readonly kind: 'proxy' };

export const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

export function directOf(passage: Passage): readonly string[] {
  switch (passage.kind) {
    case 'shut':
    case 'proxy':
      return [];
    case 'session':
      return passage.direct;
    case 'open':
      return EVERYWHERE;
  }
}
