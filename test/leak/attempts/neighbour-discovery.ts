import { ETHERTYPE, ethernet, icmp6, ipv6, PROTOCOL } from '../bytes/build.ts';
import type { Vantage } from '../case.ts';
import { ALL_NODES_MAC } from './frame.ts';

const ALL_NODES = 'ff02::1';

/** A router that is none. */
export const FALSE_ROUTER = 'fe80::42:1';

/** RFC 4861, of any type, to the whole link, as from `from`. */
export const announce = (at: Vantage, from: string, type: number, body: Buffer): Buffer =>
  ethernet(
    ALL_NODES_MAC,
    at.mac,
    ETHERTYPE.ipv6,
    ipv6(from, ALL_NODES, PROTOCOL.icmp6, icmp6(from, ALL_NODES, type, body), 255),
  );
