/** IPv6 headers of 8 bytes, in hexadecimal, followed by a datagram to the site. */
import { SITE } from '../../../lab/addresses.ts';
import { ETHERTYPE, ipv6, udp } from '../bytes/build.ts';
import type { Attempt, Mark, Vantage } from '../case.ts';
import { viaGateway } from './frame.ts';
import { data, hex } from './payload.ts';

const after = (headers: readonly string[], { ip6 }: Vantage, mark: Mark): Buffer =>
  Buffer.concat([
    ...headers.map((header) => Buffer.from(header, 'hex')),
    udp(ip6, SITE.v6, { from: 4444, to: 1337 }, data(mark)),
  ]);

/** By a frame; `next` is the first header's number. */
export const extended = (next: number, headers: readonly string[], at: Vantage, mark: Mark): Buffer =>
  viaGateway(at, ipv6(at.ip6, SITE.v6, next, after(headers, at, mark)), ETHERTYPE.ipv6);

/** By a raw socket, which writes the IP header itself. */
export const rawExtended = (protocol: number, header: string, at: Vantage, mark: Mark): Attempt => ({
  op: 'raw',
  family: 6,
  protocol,
  to: SITE.v6,
  bytes: hex(after([header], at, mark)),
});
