import { echo, ipv4, PROTOCOL, TCP_FLAGS, tcp, udp, udpFragments } from '../bytes/build.ts';
import type { Attempt, Case, Group, Mark } from '../case.ts';
import { hex, payload } from '../case.ts';
import { pingTo, tcpTo, udpTo } from './transport.ts';

const SITE = '203.0.113.80';
const SITE6 = '2001:db8:113::80';
/** Nobody's: a forged source. */
const FORGED = '198.18.7.7';

const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

const rawTo = (
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

const written = (to: string, packet: Buffer): Attempt => ({
  op: 'raw',
  family: 4,
  protocol: 255,
  header: true,
  to,
  bytes: hex(packet),
});

const inner = (from: string, mark: Mark): Buffer =>
  ipv4({ from, to: SITE, protocol: PROTOCOL.udp }, udp(from, SITE, { from: 4444, to: 1337 }, data(mark)));

const options: Case[] = [
  ...[0x1, 51820, 0xca6c].map(
    (fwmark): Case => ({
      name: `SO_MARK ${fwmark}`,
      why: 'facts E1: NET_RAW, which Docker gives, may set a mark, and wg-quick’s rules exempt one',
      seenAt: 'wan',
      attempts: (_, mark) => [udpTo(SITE, 1337, mark, { mark: fwmark }), tcpTo(SITE, 443, mark, { mark: fwmark })],
    }),
  ),
  {
    name: 'SO_BINDTODEVICE',
    why: 'facts E4: routes are no kill switch; needs no capability since Linux 5.7',
    seenAt: 'wan',
    attempts: ({ device, ...at }, mark) => [
      udpTo(SITE, 1337, mark, { device, bind: true }),
      tcpTo(SITE, 443, mark, { device, bind: true }),
      pingTo(SITE, { device, ...at }, mark, { device, bind: true }),
    ],
  },
  {
    name: 'SO_BINDTODEVICE, IPv6',
    why: 'as above',
    seenAt: 'wan',
    attempts: ({ device }, mark) => [udpTo(SITE6, 1337, mark, { device, bind: true })],
  },
  {
    name: 'IP_UNICAST_IF',
    why: 'chooses the interface without a bind',
    seenAt: 'wan',
    attempts: ({ device }, mark) => [udpTo(SITE, 1337, mark, { device, unicast: true })],
  },
  {
    name: 'the wire’s own address as source',
    why: 'rules that choose a route by the source address',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => [udpTo(SITE, 1337, mark, { from: { address: ip4 } })],
  },
  {
    name: 'SO_DONTROUTE by the wire',
    why: 'passes over the routing table',
    seenAt: 'bridge',
    attempts: ({ gateway4, device }, mark) => [udpTo(gateway4, 1337, mark, { dontroute: true, bind: true, device })],
  },
  {
    name: 'IP_TRANSPARENT with a forged source',
    why: 'NET_RAW is enough for it',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo(SITE, 1337, mark, { transparent: true, from: { address: FORGED } })],
  },
];

const handWritten: Case[] = [
  {
    name: 'IPPROTO_RAW, own source',
    why: 'facts E1',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => [written(SITE, inner(ip4, mark))],
  },
  {
    name: 'IPPROTO_RAW, forged source',
    why: '2.3 case 24',
    seenAt: 'wan',
    attempts: (_, mark) => [written(SITE, inner(FORGED, mark))],
  },
  {
    name: 'IPPROTO_RAW, the neighbour’s source',
    why: '2.3 case 24: in another session’s name',
    seenAt: 'wan',
    attempts: ({ neighbour }, mark) => [written(SITE, inner(neighbour.ip4, mark))],
  },
  {
    name: 'TCP SYN and ACK with data, written by hand',
    why: 'no socket, no connection that conntrack would know',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) =>
      [TCP_FLAGS.syn, TCP_FLAGS.pushAck, TCP_FLAGS.synAck].map((flags) =>
        written(
          SITE,
          ipv4(
            { from: ip4, to: SITE, protocol: PROTOCOL.tcp },
            tcp(ip4, SITE, { from: 4443, to: 443 }, flags, data(mark)),
          ),
        ),
      ),
  },
  {
    name: 'ICMP errors and replies nobody asked for',
    why: '`RELATED` and `echo-reply` are open in many rule sets',
    seenAt: 'wan',
    attempts: (_, mark) => [
      rawTo(PROTOCOL.icmp, mark, echo(data(mark), 0)),
      rawTo(PROTOCOL.icmp, mark, echo(data(mark), 3)),
      rawTo(PROTOCOL.icmp, mark, echo(data(mark), 13)),
    ],
  },
  {
    name: 'fragments',
    why: '2.3 case 18: a later one has no ports to match',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => udpFragments(ip4, SITE, data(mark)).map((packet) => written(SITE, packet)),
  },
];

const otherProtocols: Case[] = (
  [
    ['GRE', PROTOCOL.gre, Buffer.from('00000800', 'hex')],
    ['SCTP', PROTOCOL.sctp, Buffer.from('115c053900000000000000000000000c', 'hex')],
    ['ESP', PROTOCOL.esp, Buffer.alloc(8, 1)],
    ['UDP-Lite', 136, Buffer.from('115c053900080000', 'hex')],
    ['OSPF', 89, Buffer.alloc(8, 2)],
    ['an unassigned protocol', 253, Buffer.alloc(0)],
  ] as const
).map(
  ([name, protocol, header]): Case => ({
    name: `${name} (protocol ${protocol})`,
    why: '2.3 case 17: rules that know TCP, UDP and ICMP only',
    seenAt: 'wan',
    attempts: (_, mark) => [rawTo(protocol, mark, header)],
  }),
);

const tunnels: Case[] = [
  {
    name: 'IP in IP',
    why: '2.3 case 17: a packet in a packet',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => [{ ...rawTo(PROTOCOL.ipip, mark), bytes: hex(inner(ip4, mark)) }],
  },
  {
    name: 'IPv6 in IPv4 (protocol 41)',
    why: '2.3 case 20: 6in4',
    seenAt: 'wan',
    attempts: (_, mark) => [rawTo(PROTOCOL.sit, mark, Buffer.from('6000000000003b40', 'hex'))],
  },
  {
    name: 'GRE and IP in IP over IPv6',
    why: 'as above, in the family that is forgotten',
    seenAt: 'wan',
    attempts: (_, mark) =>
      [PROTOCOL.gre, PROTOCOL.ipip].map((protocol) => rawTo(protocol, mark, undefined, { family: 6, to: SITE6 })),
  },
];

export const sockets: Group = {
  name: 'socket options and raw sockets',
  cases: [...options, ...handWritten, ...otherProtocols, ...tunnels],
};
