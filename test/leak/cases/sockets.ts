import { echo, ipv4, PROTOCOL, TCP_FLAGS, tcp, udpFragments } from '../bytes/build.ts';
import type { Case, Group, Mark } from '../case.ts';
import { hex, payload } from '../case.ts';
import { innerPacket, rawTo, SITE, SITE6, written } from './raw.ts';
import { pingTo, tcpTo, udpTo } from './transport.ts';

/** Nobody's: a forged source. */
const FORGED = '198.18.7.7';
const FORGED6 = '2001:db8:77::7';

const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

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
    attempts: (_, mark) => [
      udpTo(SITE, 1337, mark, { transparent: true, from: { address: FORGED } }),
      udpTo(SITE6, 1337, mark, { transparent: true, from: { address: FORGED6 } }),
    ],
  },
  {
    name: 'the session’s and the tunnels’ ports as source ports, by the wire',
    why: 'facts 8, must have 2: rules that know a reply, or the tunnel itself, by its port',
    seenAt: 'wan',
    attempts: ({ device }, mark) =>
      [443, 1194, 51820].map((port) => udpTo(SITE, 40000, mark, { from: { port }, device, bind: true })),
  },
  {
    name: 'the session’s port as the source of a connection',
    why: 'as above; the site’s port is the mark here',
    seenAt: 'wan',
    attempts: ({ device }, mark) => [tcpTo(SITE, mark.port, mark, { from: { port: 443 }, device, bind: true })],
  },
];

const handWritten: Case[] = [
  {
    name: 'IPPROTO_RAW, own source',
    why: 'facts E1',
    seenAt: 'wan',
    attempts: ({ ip4 }, mark) => [written(SITE, innerPacket(ip4, mark))],
  },
  {
    name: 'IPPROTO_RAW, forged source',
    why: '2.3 case 24',
    seenAt: 'wan',
    attempts: (_, mark) => [written(SITE, innerPacket(FORGED, mark))],
  },
  {
    name: 'IPPROTO_RAW, the neighbour’s source',
    why: '2.3 case 24: in another session’s name',
    seenAt: 'wan',
    attempts: ({ neighbour }, mark) => [written(SITE, innerPacket(neighbour.ip4, mark))],
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
    attempts: ({ ip4 }, mark) => {
      const [first, second] = udpFragments(ip4, SITE, data(mark), mark.port);
      return [{ ...written(SITE, first), more: [hex(second)] }];
    },
  },
];

export const sockets: Group = {
  name: 'socket options and raw sockets',
  cases: [...options, ...handWritten],
};
