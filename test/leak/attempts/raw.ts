/** Packets by raw sockets, to the site unless told. */
import { SITE } from '../../../lab/addresses.ts';
import type { Attempt, Mark } from '../case.ts';
import { data, hex } from './payload.ts';

/** A packet of any protocol, whose first bytes are `header`; the kernel writes its IP header. */
export const rawTo = (protocol: number, mark: Mark, header: string | Buffer = '', to = SITE.v4): Attempt => ({
  op: 'raw',
  family: 4,
  protocol,
  to,
  bytes: hex(Buffer.concat([typeof header === 'string' ? Buffer.from(header, 'hex') : header, data(mark)])),
});

export const raw6To = (protocol: number, mark: Mark, header = ''): Attempt => ({
  ...rawTo(protocol, mark, header, SITE.v6),
  family: 6,
});

/** A packet whose IP header is our own. */
export const written = (to: string, packet: Buffer): Attempt => ({
  op: 'raw',
  family: 4,
  protocol: 255,
  header: true,
  to,
  bytes: hex(packet),
});
