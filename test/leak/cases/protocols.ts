import { PROTOCOL, udp } from '../bytes/build.ts';
import type { Attempt, Case, Group, Mark } from '../case.ts';
import { hex, payload } from '../case.ts';
import { innerPacket, rawTo, SITE, SITE6 } from './raw.ts';
import { udpTo } from './transport.ts';

const CASE_17 = '2.3 case 17: rules that know TCP, UDP and ICMP only';
const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

const bare: Case[] = (
  [
    ['GRE', PROTOCOL.gre, '00000800'],
    ['SCTP', PROTOCOL.sctp, '115c053900000000000000000000000c'],
    ['DCCP', 33, '115c053902000000'],
    ['ESP', PROTOCOL.esp, '0101010101010101'],
    ['AH', 51, '110100000101010100000001'],
    ['UDP-Lite', 136, '115c053900080000'],
    ['OSPF', 89, '0202020202020202'],
    ['PIM', 103, '2000dfff00000000'],
    ['VRRP', 112, '3107640100010000'],
    ['L2TP', 115, '00000007'],
    ['EtherIP', 97, '3000'],
    ['IGMP', PROTOCOL.igmp, '1600000000000000'],
    ['an unassigned protocol', 253, ''],
  ] as const
).map(
  ([name, protocol, header]): Case => ({
    name: `${name} (protocol ${protocol})`,
    why: CASE_17,
    seenAt: 'wan',
    attempts: (_, mark) => [rawTo(protocol, mark, Buffer.from(header, 'hex'))],
  }),
);

const inV6 = (protocol: number, mark: Mark, header = ''): Attempt =>
  rawTo(protocol, mark, Buffer.from(header, 'hex'), { family: 6, to: SITE6 });

const tunnels: Case[] = [
  {
    name: 'IP in IP',
    why: '2.3 case 17: a packet in a packet',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => [{ ...rawTo(PROTOCOL.ipip, mark), bytes: hex(innerPacket(ip4, mark)) }],
  },
  {
    name: 'IPv6 in IPv4 (protocol 41)',
    why: '2.3 case 20: 6in4',
    seenAt: 'wan',
    attempts: (_, mark) => [rawTo(PROTOCOL.sit, mark, Buffer.from('6000000000003b40', 'hex'))],
  },
  {
    name: 'GRE, IP in IP, SCTP, ESP over IPv6',
    why: 'as above, in the family that is forgotten',
    seenAt: 'wan',
    attempts: (_, mark) => [
      inV6(PROTOCOL.gre, mark, '00000800'),
      inV6(PROTOCOL.ipip, mark),
      inV6(PROTOCOL.sctp, mark, '115c053900000000000000000000000c'),
      inV6(PROTOCOL.esp, mark, '0101010101010101'),
    ],
  },
  {
    name: 'tunnels that need no privilege: VXLAN, GENEVE, Teredo, L2TP, WireGuard by UDP',
    why: 'any process can write a tunnel’s packets into a UDP socket',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) =>
      [4789, 6081, 3544, 1701, 51820].map((port) =>
        udpTo(SITE, port, mark, {
          bytes: hex(Buffer.concat([Buffer.from('0800000000000700', 'hex'), innerPacket(ip4, mark)])),
        }),
      ),
  },
];

/** A routing, a destination-options and a fragment header before the datagram, each 8 bytes. */
const EXTENSIONS: readonly (readonly [string, number, string])[] = [
  ['a routing header', 43, '1100040000000000'],
  ['destination options', 60, '1100010400000000'],
  ['a fragment header', 44, '1100000000004b53'],
];

const extended: Case[] = EXTENSIONS.map(([name, protocol, header]) => ({
  name: `IPv6 with ${name}, by a raw socket`,
  why: 'rules that read the first next-header only',
  seenAt: 'wan',
  attempts: ({ ip6 }, mark) => {
    const datagram = udp(ip6, SITE6, { from: 4444, to: 1337 }, data(mark));
    const bytes = Buffer.concat([Buffer.from(header, 'hex'), datagram]);
    return [{ op: 'raw', family: 6, protocol, to: SITE6, bytes: hex(bytes) }];
  },
}));

export const otherProtocols: Group = { name: 'other protocols', cases: [...bare, ...tunnels, ...extended] };
