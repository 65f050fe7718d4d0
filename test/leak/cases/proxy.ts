import { arp, BROADCAST, ETHERTYPE, ethernet, ipv4, PROTOCOL, TCP_FLAGS, tcp, udp, vlanTag } from '../bytes/build.ts';
import type { Case, Group, Mark, Vantage } from '../case.ts';
import { hex, payload } from '../case.ts';
import { pingTo, tcpTo, udpTo } from './transport.ts';

const SITE = '203.0.113.80';
const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');

const segment = (from: string, to: string, port: number, flags: number, mark: Mark, options?: Buffer): Buffer =>
  ipv4(
    { from, to, protocol: PROTOCOL.tcp, ...(options ? { options } : {}) },
    tcp(from, to, { from: mark.port, to: port }, flags, data(mark)),
  );

const sends =
  (build: (at: Vantage, mark: Mark) => readonly Buffer[]): Case['attempts'] =>
  (at, mark) =>
    build(at, mark).map((bytes) => ({ op: 'frame', device: at.device, bytes: hex(bytes) }));

const toProxy = ({ proxy, mac }: Vantage, packet: Buffer, type = ETHERTYPE.ipv4): Buffer =>
  ethernet(proxy.mac, mac, type, packet);

const HOLE = 'the one hole in both layers: TCP to the proxy, port 443';

/** What tries to widen the hole. `mayReach: proxy` marks what legitimately ends there; the others must not even do that. */
export const proxy: Group = {
  name: 'the way to the proxy',
  cases: [
    {
      name: 'other ports of the proxy, UDP, ping',
      why: HOLE,
      seenAt: 'neighbour',
      attempts: (at, mark) => [
        tcpTo(at.proxy.ip4, 80, mark),
        udpTo(at.proxy.ip4, 443, mark),
        pingTo(at.proxy.ip4, at, mark),
      ],
    },
    {
      name: 'the proxy as a router: its MAC, the site’s address, port 443',
      why: HOLE,
      seenAt: 'neighbour',
      belowLock: true,
      attempts: sends((at, mark) => [
        toProxy(at, segment(at.ip4, SITE, 443, TCP_FLAGS.syn, mark)),
        toProxy(at, segment(at.ip4, SITE, 443, TCP_FLAGS.pushAck, mark)),
      ]),
    },
    {
      name: 'forged source to the proxy, port 443',
      why: HOLE,
      seenAt: 'neighbour',
      belowLock: true,
      attempts: sends((at, mark) => [
        toProxy(at, segment(at.neighbour.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark)),
        toProxy(at, segment('198.18.7.7', at.proxy.ip4, 443, TCP_FLAGS.pushAck, mark)),
      ]),
    },
    {
      name: 'forged MAC to the proxy, port 443',
      why: HOLE,
      seenAt: 'neighbour',
      belowLock: true,
      attempts: sends((at, mark) => [
        ethernet(
          at.proxy.mac,
          '02:42:de:ad:be:ef',
          ETHERTYPE.ipv4,
          segment(at.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark),
        ),
      ]),
    },
    {
      name: 'a SYN by hand to another port of the proxy',
      why: 'the guard tells replies by their flags alone',
      seenAt: 'neighbour',
      belowLock: true,
      attempts: sends((at, mark) => [
        toProxy(at, segment(at.ip4, at.proxy.ip4, 80, TCP_FLAGS.syn, mark)),
        toProxy(at, segment(at.ip4, at.proxy.ip4, 80, TCP_FLAGS.syn | 0xc0, mark)), // with ECN's bits
      ]),
    },
    {
      name: 'IP in IP and UDP to the proxy',
      why: HOLE,
      seenAt: 'neighbour',
      belowLock: true,
      attempts: sends((at, mark) => [
        toProxy(
          at,
          ipv4(
            { from: at.ip4, to: at.proxy.ip4, protocol: PROTOCOL.ipip },
            segment(at.ip4, SITE, 443, TCP_FLAGS.syn, mark),
          ),
        ),
        toProxy(
          at,
          ipv4(
            { from: at.ip4, to: at.proxy.ip4, protocol: PROTOCOL.udp },
            udp(at.ip4, at.proxy.ip4, { from: 443, to: 443 }, data(mark)),
          ),
        ),
      ]),
    },
    {
      name: 'port 443 of the proxy’s address, by broadcast and by the gateway’s MAC',
      why: 'a broadcast frame reaches more than the proxy',
      seenAt: 'bridge',
      belowLock: true,
      attempts: sends((at, mark) => [
        ethernet(BROADCAST, at.mac, ETHERTYPE.ipv4, segment(at.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark)),
        ethernet(at.gatewayMac, at.mac, ETHERTYPE.ipv4, segment(at.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark)),
      ]),
    },
    {
      name: 'loose source route by the proxy’s port 443 to the site',
      why: 'RFC 791: ends at the proxy, unless it forwards',
      seenAt: 'neighbour',
      belowLock: true,
      mayReach: 'proxy',
      attempts: sends((at, mark) => [
        toProxy(at, segment(at.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark, Buffer.from('830704cb00715000', 'hex'))),
      ]),
    },
    {
      name: 'an ACK by hand to another port of the proxy',
      why: 'passes as a reply, by design; it opens nothing and ends there',
      seenAt: 'neighbour',
      belowLock: true,
      mayReach: 'proxy',
      attempts: sends((at, mark) => [toProxy(at, segment(at.ip4, at.proxy.ip4, 80, TCP_FLAGS.ack, mark))]),
    },
    {
      name: 'port 443 of the proxy behind a VLAN tag, and ARP for it',
      why: 'may reach the proxy, and nobody else',
      seenAt: 'neighbour',
      belowLock: true,
      mayReach: 'proxy',
      attempts: sends((at, mark) => [
        toProxy(
          at,
          vlanTag(7, ETHERTYPE.ipv4, segment(at.ip4, at.proxy.ip4, 443, TCP_FLAGS.syn, mark)),
          ETHERTYPE.vlan,
        ),
        ethernet(
          BROADCAST,
          at.mac,
          ETHERTYPE.arp,
          arp(
            { operation: 1, from: { mac: at.mac, ip: at.ip4 }, to: { mac: at.proxy.mac, ip: at.proxy.ip4 } },
            data(mark),
          ),
        ),
      ]),
    },
  ],
};
