import { ETHERTYPE, ethernet, ipv4, ipv6, PROTOCOL, udp } from '../bytes/build.ts';
import type { Attempt, Case, Mark, Place, Vantage } from '../case.ts';
import { hex, payload } from '../case.ts';

export const FORGED_MAC = '02:42:de:ad:be:ef';
export const ALL_NODES_MAC = '33:33:00:00:00:01';
export const E1 = 'facts E1: NET_RAW, which Docker gives, opens packet sockets, and their frames meet no rule inside';

export const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

export const datagram = (from: string, to: string, mark: Mark, port = 1337): Buffer =>
  ipv4({ from, to, protocol: PROTOCOL.udp }, udp(from, to, { from: 4444, to: port }, data(mark)));

export const datagram6 = (from: string, to: string, mark: Mark, hopLimit = 64): Buffer =>
  ipv6(from, to, PROTOCOL.udp, udp(from, to, { from: 4444, to: 1337 }, data(mark)), hopLimit);

export const viaGateway = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4, from = at.mac): Buffer =>
  ethernet(at.gatewayMac, from, type, packet);

export const send = ({ device }: Vantage, bytes: Buffer): Attempt => ({ op: 'frame', device, bytes: hex(bytes) });

/** A case of frames by a packet socket: the guard is all there is. */
export const below = (
  name: string,
  why: string,
  seenAt: Place,
  build: (at: Vantage, mark: Mark) => readonly Buffer[],
): Case => ({
  name,
  why,
  seenAt,
  belowLock: true,
  attempts: (at, mark) => build(at, mark).map((bytes) => send(at, bytes)),
});
