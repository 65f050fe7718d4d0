import { createHash } from 'node:crypto';

/** Linux: IFNAMSIZ is 16 with the closing NUL, so a name has at most 15 characters. */
export const MAX_LINK_NAME = 15;

const hash = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);

/** Where Docker looks for a plugin: `config.json` names it as well. */
export const PLUGIN_SOCKET = '/run/docker/plugins/kasm-sidecar.sock';

/**
 * Names of what the kernel keeps for us. They come from Docker's ids, so that what a dead process left can be found
 * by the next one. All host links begin with `ks`.
 */
export const DEFAULT_NETWORK = 'kasm_sidecar_network';
export const DEFAULT_BRIDGE = 'br_kasm_sidecar';
export const BRIDGE_PREFIX = 'br_ks_';
export const HOST_LINK_PREFIX = 'ksh';
export const CONTAINER_LINK_PREFIX = 'ksc';
export const TUNNEL_PREFIX = 'kst';

/** Whether a link's name says that we made it: either end of a wire, or a tunnel's device on the host. */
export const isOurs = (name: string): boolean => /^ks[hct][0-9a-f]{10}$/.test(name);

/** The host's bridge of a network that is not the default one and names none. */
export const bridgeName = (networkId: string): string => `${BRIDGE_PREFIX}${hash(networkId, 8)}`;

/** The host end of an endpoint's veth pair. */
export const hostLinkName = (endpointId: string): string => `${HOST_LINK_PREFIX}${hash(endpointId, 10)}`;

/** The container end, as it is called before Docker moves it. */
export const containerLinkName = (endpointId: string): string => `${CONTAINER_LINK_PREFIX}${hash(endpointId, 10)}`;

/** A tunnel's device inside a session (R65); the lock accepts both, in this order, whatever the tunnel's kind (R57, R58). */
export const TUNNEL_DEVICES = { openvpn: 'tun0', wireguard: 'wg' } as const;

/** A tunnel's device while it stands on the host. */
export const tunnelName = (endpointId: string): string => `${TUNNEL_PREFIX}${hash(endpointId, 10)}`;

/**
 * What Docker puts its own number behind: the first interface with a prefix gets `0`, so five digits here give the
 * six of `k-p-1389f0` inside. (Docker up to 29.7 ignores a whole name: `DstName`.)
 */
export const sessionLinkPrefix = (endpointId: string): string => `k-p-${hash(endpointId, 5)}`;
export const proxyLinkPrefix = (endpointId: string): string => `k-p-p-${hash(endpointId, 5)}`;
