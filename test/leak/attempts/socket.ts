/** What any program can send, and options of its sockets. */
import { isIPv6 } from 'node:net';
import { echo, echo6, PROTOCOL } from '../bytes/build.ts';
import type { Attempt, Mark, Vantage } from '../case.ts';
import { data, hex, payload } from './payload.ts';

const familyOf = (address: string): 4 | 6 => (isIPv6(address) ? 6 : 4);

export const udpTo = (to: string, port: number, mark: Mark, options: Partial<Attempt> = {}): Attempt => ({
  op: 'udp',
  family: familyOf(to),
  to,
  port,
  bytes: payload(mark),
  ...options,
});

export const tcpTo = (to: string, port: number, mark: Mark, options: Partial<Attempt> = {}): Attempt => ({
  op: 'tcp',
  family: familyOf(to),
  to,
  port,
  bytes: payload(mark),
  from: { port: mark.port },
  ...options,
});

export const pingTo = (to: string, { ip6 }: Vantage, mark: Mark, options: Partial<Attempt> = {}): Attempt =>
  familyOf(to) === 4
    ? { op: 'raw', family: 4, protocol: PROTOCOL.icmp, to, bytes: hex(echo(data(mark))), ...options }
    : { op: 'raw', family: 6, protocol: PROTOCOL.icmp6, to, bytes: hex(echo6(ip6, to, data(mark))), ...options };

/** Of the network that the wire is on, which is a /16. */
export const subnetBroadcast = ({ ip4 }: Vantage): string => ip4.replace(/\.\d+\.\d+$/, '.255.255');
