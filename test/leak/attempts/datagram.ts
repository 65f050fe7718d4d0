/** Whole packets, as they stand in a frame, in another packet, or in what a raw socket sends as it is. */
import { ipv4, ipv6, PROTOCOL, TCP_FLAGS, tcp, udp } from '../bytes/build.ts';
import type { Mark } from '../case.ts';
import { data } from './payload.ts';

export const datagram = (from: string, to: string, mark: Mark, port = 1337): Buffer =>
  ipv4({ from, to, protocol: PROTOCOL.udp }, udp(from, to, { from: 4444, to: port }, data(mark)));

export const datagram6 = (from: string, to: string, mark: Mark, hopLimit = 64): Buffer =>
  ipv6(from, to, PROTOCOL.udp, udp(from, to, { from: 4444, to: 1337 }, data(mark)), hopLimit);

/** Of a connection from the mark's own port. */
export const segment = (
  from: string,
  to: string,
  port: number,
  mark: Mark,
  flags = TCP_FLAGS.syn,
  options?: Buffer,
): Buffer =>
  ipv4(
    { from, to, protocol: PROTOCOL.tcp, ...(options ? { options } : {}) },
    tcp(from, to, { from: mark.port, to: port }, flags, data(mark)),
  );

/** RFC 791: a loose source route to the site, 203.0.113.80. */
export const SOURCE_ROUTE = Buffer.from('830704cb00715000', 'hex');
