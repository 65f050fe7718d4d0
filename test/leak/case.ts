/** What a probe can be aimed at, as its container sees the world. */
export interface Vantage {
  /** The wire of the network that is probed. */
  readonly device: string;
  readonly mac: string;
  readonly ip4: string;
  readonly ip6: string;
  readonly gateway4: string;
  readonly gateway6: string;
  readonly gatewayMac: string;
  /** Another container on the same network that nobody may reach. */
  readonly neighbour: Host;
  /** The container that sessions may reach, on port 443; on a plain network the neighbour plays it. */
  readonly proxy: Host;
  /** An address of the network that nobody has, another one for every probe. */
  readonly nobody4: (mark: Mark) => string;
}

export interface Host {
  readonly ip4: string;
  readonly ip6: string;
  readonly mac: string;
}

/** One thing for test/leak/attacker/probe.py to do. Bytes are hexadecimal. */
export interface Attempt {
  readonly op: 'udp' | 'tcp' | 'mptcp' | 'fastopen' | 'ping' | 'raw' | 'frame' | 'join' | 'resolve' | 'embedded';
  readonly family?: 4 | 6;
  readonly to?: string;
  readonly port?: number;
  readonly bytes?: string;
  /** Sent right after `bytes`: what is one thing only together, like fragments. */
  readonly more?: readonly string[];
  readonly name?: string;
  readonly from?: { readonly address?: string; readonly port?: number };
  readonly protocol?: number;
  readonly device?: string;
  readonly bind?: boolean;
  readonly mark?: number;
  readonly broadcast?: boolean;
  readonly dontroute?: boolean;
  readonly transparent?: boolean;
  readonly freebind?: boolean;
  readonly unicast?: boolean;
  readonly multicast?: boolean;
  readonly header?: boolean;
  readonly count?: number;
}

/** By which a probe is known wherever it appears. */
export interface Mark {
  /** Twelve letters and digits: in the payload, or in the name that is asked for. */
  readonly tag: string;
  /** The source port of its TCP connection: a SYN has no payload. */
  readonly port: number;
}

/** Where an unprotected container's probe must be seen, or the case proves nothing. */
export type Place =
  /** On its way out of the host, on the host's wire to the internet. */
  | 'wan'
  /** On the wire of another container. */
  | 'neighbour'
  /** On the bridge of its network, which is the host. */
  | 'bridge'
  /** On the host's loopback. */
  | 'loopback';

/** What an attempt can't do without; who lacks it can't make it, protected or not. */
export type Need =
  | 'NET_RAW'
  | 'NET_ADMIN'
  /** The table nat leads from 127.0.0.11 port 53 to the ports of Docker's resolver. */
  | 'the rules of Docker’s resolver'
  /** Where its resolver’s sockets stand, and where it lets everyone ping. */
  | 'Docker’s namespace'
  /** Docker turns it off for every device that it has not made. */
  | 'IPv6 by the device'
  /** Frames that the kernel itself makes bear the address that Docker gave. */
  | 'the wire’s own MAC';

export type Act = readonly string[];

export interface Case {
  readonly name: string;
  /** What would let it through. */
  readonly why: string;
  /** Where that is known from. */
  readonly source: string;
  readonly seenAt: Place;
  /** Each attempt is made with a mark of its own, so its control is its own, too. */
  readonly attempts: (at: Vantage, mark: Mark) => readonly Attempt[];
  /** Commands of a root inside that make what the attempts go by; done before any attempt of the volley. */
  readonly acts?: (at: Vantage) => readonly Act[];
  /** Beyond what each attempt says by itself: raw sockets and marks need NET_RAW, `acts` needs NET_ADMIN. */
  readonly needs?: readonly Need[];
  /** `ip link add … type` of it: not every kernel can. */
  readonly deviceType?: string;
  /** It ends where it may: at the proxy itself, or at the host’s public address as everyone on the internet sees it. */
  readonly mayReach?: 'proxy' | 'host by tunnel';
  /** Goes past every rule of the container's own namespace, so the guard is all there is: packet sockets. */
  readonly belowLock?: boolean;
}

export interface Group {
  readonly name: string;
  readonly cases: readonly Case[];
}

const needsRaw = ({ op, mark, transparent }: Attempt): boolean =>
  ['raw', 'frame'].includes(op) || mark !== undefined || transparent === true;

const needsIpv6 = ({ op, family, device }: Attempt): boolean => family === 6 && device !== undefined && op !== 'frame';

/** All that this attempt of the case can't do without. */
export const needsOf = ({ needs = [], acts }: Case, attempt: Attempt): Need[] => [
  ...needs,
  ...(acts ? (['NET_ADMIN'] as const) : []),
  ...(needsRaw(attempt) ? (['NET_RAW'] as const) : []),
  ...(needsIpv6(attempt) ? (['IPv6 by the device'] as const) : []),
];
