import {
  arp,
  BROADCAST,
  dnsQuery,
  ETHERTYPE,
  echo,
  ethernet,
  ipv4,
  PROTOCOL,
  TCP_FLAGS,
  tcp,
  udp,
  udpFragments,
  vlanTag,
} from '../bytes/build.ts';
import type { Group } from '../case.ts';
import { hex } from '../case.ts';
import { below, data, datagram, datagram6, E1, FORGED_MAC, send, viaGateway } from './frame.ts';
import { nameOf } from './names.ts';
import { SITE, SITE6 } from './raw.ts';

const RESOLVER = '203.0.113.53';
const FORGED_IP = '198.18.7.7';

export const frames: Group = {
  name: 'frames',
  cases: [
    below('UDP to the site by the gateway’s MAC', E1, 'wan', (at, mark) => [
      viaGateway(at, datagram(at.ip4, SITE, mark)),
    ]),
    below('ping to the site by the gateway’s MAC', E1, 'wan', (at, mark) => [
      viaGateway(at, ipv4({ from: at.ip4, to: SITE, protocol: PROTOCOL.icmp }, echo(data(mark)))),
    ]),
    below('IPv6 to the site by the gateway’s MAC', E1, 'wan', (at, mark) => [
      viaGateway(at, datagram6(at.ip6, SITE6, mark), ETHERTYPE.ipv6),
    ]),
    below('DNS to the host’s resolver', E1, 'wan', (at, mark) => [
      viaGateway(
        at,
        ipv4(
          { from: at.ip4, to: RESOLVER, protocol: PROTOCOL.udp },
          udp(at.ip4, RESOLVER, { from: 4444, to: 53 }, dnsQuery(nameOf(mark))),
        ),
      ),
    ]),
    below('forged source address', E1, 'wan', (at, mark) => [viaGateway(at, datagram(FORGED_IP, SITE, mark))]),
    below('the neighbour’s source address and MAC', '2.3 case 24', 'wan', (at, mark) => [
      viaGateway(at, datagram(at.neighbour.ip4, SITE, mark), ETHERTYPE.ipv4, at.neighbour.mac),
    ]),
    below('forged source MAC', '2.3 case 24', 'wan', (at, mark) => [
      viaGateway(at, datagram(at.ip4, SITE, mark), ETHERTYPE.ipv4, FORGED_MAC),
    ]),
    below('to the host’s service by the gateway’s MAC', '2.3 case 25', 'bridge', (at, mark) => [
      viaGateway(at, datagram(at.ip4, at.gateway4, mark)),
      viaGateway(at, datagram(FORGED_IP, '203.0.113.1', mark)),
      viaGateway(at, datagram(at.ip4, '169.254.169.254', mark)),
    ]),
    below('to 127.0.0.1 by the gateway’s MAC', 'CVE-2020-8558: route_localnet', 'bridge', (at, mark) => [
      viaGateway(at, datagram(at.ip4, '127.0.0.1', mark)),
    ]),
    below('ARP for the neighbour', '2.3 case 24; MLLVD-CR-24-03', 'neighbour', (at, mark) => [
      ethernet(
        BROADCAST,
        at.mac,
        ETHERTYPE.arp,
        arp(
          { operation: 1, from: { mac: at.mac, ip: at.ip4 }, to: { mac: at.neighbour.mac, ip: at.neighbour.ip4 } },
          data(mark),
        ),
      ),
    ]),
    below('ARP that takes the gateway’s address', 'ARP spoofing', 'neighbour', (at, mark) => [
      ethernet(
        BROADCAST,
        at.mac,
        ETHERTYPE.arp,
        arp(
          { operation: 2, from: { mac: at.mac, ip: at.gateway4 }, to: { mac: at.neighbour.mac, ip: at.neighbour.ip4 } },
          data(mark),
        ),
      ),
    ]),
    below('reverse ARP and an unknown ethertype', 'rules that know IP and ARP only', 'neighbour', (at, mark) => [
      ethernet(BROADCAST, at.mac, ETHERTYPE.rarp, Buffer.concat([Buffer.alloc(28), data(mark)])),
      ethernet(BROADCAST, at.mac, 0x88b5, data(mark)),
      ethernet(at.neighbour.mac, at.mac, 0x88b5, data(mark)),
    ]),
    below('PPPoE, EAPOL, MPLS, LLC', 'as above', 'neighbour', (at, mark) => [
      ethernet(BROADCAST, at.mac, 0x8864, Buffer.concat([Buffer.from('110000010020', 'hex'), data(mark)])),
      ethernet(BROADCAST, at.mac, 0x888e, data(mark)),
      ethernet(
        BROADCAST,
        at.mac,
        0x8847,
        Buffer.concat([Buffer.from('00001140', 'hex'), datagram(at.ip4, SITE, mark)]),
      ),
      ethernet(BROADCAST, at.mac, 0x0040, Buffer.concat([Buffer.from('aaaa03', 'hex'), data(mark), Buffer.alloc(37)])),
    ]),
    below('spanning tree’s group address', 'a bridge without spanning tree forwards it', 'neighbour', (at, mark) => [
      ethernet('01:80:c2:00:00:00', at.mac, 0x88b5, data(mark)),
    ]),
    below(
      'a VLAN tag, once and twice',
      'the kernel takes the tag off before rules see the frame',
      'neighbour',
      (at, mark) => [
        ethernet(
          BROADCAST,
          at.mac,
          ETHERTYPE.vlan,
          vlanTag(7, ETHERTYPE.ipv4, datagram(at.ip4, at.neighbour.ip4, mark)),
        ),
        ethernet(
          BROADCAST,
          at.mac,
          ETHERTYPE.qinq,
          vlanTag(7, ETHERTYPE.vlan, vlanTag(8, ETHERTYPE.ipv4, datagram(at.ip4, at.neighbour.ip4, mark))),
        ),
      ],
    ),
    below('VLAN 0, which is no VLAN, to the gateway', 'IEEE 802.1Q: a priority tag only', 'wan', (at, mark) => [
      viaGateway(at, vlanTag(0, ETHERTYPE.ipv4, datagram(at.ip4, SITE, mark)), ETHERTYPE.vlan),
    ]),
    {
      name: 'fragment frames',
      why: '2.3 case 18: a later one has no ports to match',
      seenAt: 'wan',
      belowLock: true,
      attempts: (at, mark) => {
        const [first, second] = udpFragments(at.ip4, SITE, data(mark), mark.port);
        return [{ ...send(at, viaGateway(at, first)), more: [hex(viaGateway(at, second))] }];
      },
    },
    below('loose source route to the site', 'RFC 791: the destination comes from an option', 'bridge', (at, mark) => [
      viaGateway(
        at,
        ipv4(
          { from: at.ip4, to: at.gateway4, protocol: PROTOCOL.udp, options: Buffer.from('830704cb00715000', 'hex') },
          udp(at.ip4, at.gateway4, { from: 4444, to: 1337 }, data(mark)),
        ),
      ),
    ]),
    below('TCP from the session’s port, by the gateway’s MAC', E1, 'wan', (at, mark) =>
      [TCP_FLAGS.syn, TCP_FLAGS.synAck, TCP_FLAGS.rst, TCP_FLAGS.pushAck].map((flags) =>
        viaGateway(
          at,
          ipv4(
            { from: at.ip4, to: SITE, protocol: PROTOCOL.tcp },
            tcp(at.ip4, SITE, { from: 443, to: mark.port }, flags, data(mark)),
          ),
        ),
      ),
    ),
    below('ICMP redirect to the neighbour', 'RFC 792: "your router is me"', 'neighbour', (at, mark) => [
      ethernet(
        at.neighbour.mac,
        at.mac,
        ETHERTYPE.ipv4,
        ipv4({ from: at.gateway4, to: at.neighbour.ip4, protocol: PROTOCOL.icmp }, echo(data(mark), 5)),
      ),
    ]),
    below('a frame of 60 bytes and one of 1514', 'padding and size', 'bridge', (at, mark) => [
      viaGateway(at, datagram(at.ip4, at.gateway4, mark)),
      viaGateway(at, Buffer.concat([datagram(at.ip4, at.gateway4, mark), Buffer.alloc(1400)])),
    ]),
  ],
};
