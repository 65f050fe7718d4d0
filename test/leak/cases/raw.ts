import { ipv4, PROTOCOL, udp } from '../bytes/build.ts';
import type { Attempt, Mark } from '../case.ts';
import { hex, payload } from '../case.ts';

export const SITE = '203.0.113.80';
export const SITE6 = '2001:db8:113::80';

const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

/** A packet of any protocol to the site; the kernel writes its IP header. */
export const rawTo = (
  protocol: number,
  mark: Mark,
  before: Buffer = Buffer.alloc(0),
  options: Partial<Attempt> = {},
): Attempt => ({
  op: 'raw',
  family: 4,
  protocol,
  to: SITE,
  bytes: hex(Buffer.concat([before, data(mark)])),
  ...options,
});

/** A datagram to the site, as it stands in another packet. */
export const innerPacket = (from: string, mark: Mark): Buffer =>
  ipv4({ from, to: SITE, protocol: PROTOCOL.udp }, udp(from, SITE, { from: 4444, to: 1337 }, data(mark)));

/** A packet whose IP header is our own. */
export const written = (to: string, packet: Buffer): Attempt => ({
  op: 'raw',
  family: 4,
  protocol: 255,
  header: true,
  to,
  bytes: hex(packet),
});
