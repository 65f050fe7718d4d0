import {
  arp,
  BROADCAST,
  dnsQuery,
  ETHERTYPE,
  echo,
  ethernet,
  icmp6,
  ipv4,
  ipv6,
  PROTOCOL,
  udp,
  udpFragments,
  vlanTag,
} from '../bytes/build.ts';
import type { Attempt, Case, Group, Mark, Place, Vantage } from '../case.ts';
import { hex, payload } from '../case.ts';
import { nameOf } from './names.ts';

const SITE = '203.0.113.80';
const SITE6 = '2001:db8:113::80';
const RESOLVER = '203.0.113.53';
const FORGED_IP = '198.18.7.7';
const FORGED_MAC = '02:42:de:ad:be:ef';
const ALL_NODES_MAC = '33:33:00:00:00:01';

const data = ({ tag }: Mark): Buffer => Buffer.from(payload(tag), 'hex');
const send = ({ device }: Vantage, bytes: Buffer): Attempt => ({ op: 'frame', device, bytes: hex(bytes) });

const datagram = (from: string, to: string, mark: Mark, port = 1337): Buffer =>
  ipv4({ from, to, protocol: PROTOCOL.udp }, udp(from, to, { from: 4444, to: port }, data(mark)));

const datagram6 = (from: string, to: string, mark: Mark, hopLimit = 64): Buffer =>
  ipv6(from, to, PROTOCOL.udp, udp(from, to, { from: 4444, to: 1337 }, data(mark)), hopLimit);

const E1 = 'facts E1: NET_RAW, which Docker gives, opens packet sockets, and their frames meet no rule inside';

const below = (
  name: string,
  why: string,
  seenAt: Place,
  build: (at: Vantage, mark: Mark) => readonly Buffer[],
): Case => ({
  name,
  why,
  seenAt,
  belowLock: true,
  attempts: (at, mark) => build(at, mark).map((bytes) => send(at, bytes)),
});

const viaGateway = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4, from = at.mac): Buffer =>
  ethernet(at.gatewayMac, from, type, packet);

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
    below('fragments', '2.3 case 18', 'wan', (at, mark) =>
      udpFragments(at.ip4, SITE, data(mark)).map((packet) => viaGateway(at, packet)),
    ),
    below('loose source route to the site', 'RFC 791: the destination comes from an option', 'bridge', (at, mark) => [
      viaGateway(
        at,
        ipv4(
          { from: at.ip4, to: at.gateway4, protocol: PROTOCOL.udp, options: Buffer.from('830704cb00715000', 'hex') },
          udp(at.ip4, at.gateway4, { from: 4444, to: 1337 }, data(mark)),
        ),
      ),
    ]),
    below('broadcast and multicast', '2.3 case 19', 'neighbour', (at, mark) => [
      ethernet(BROADCAST, at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '255.255.255.255', mark)),
      ethernet('01:00:5e:00:00:fb', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '224.0.0.251', mark, 5353)),
      ethernet(ALL_NODES_MAC, at.mac, ETHERTYPE.ipv6, datagram6(at.ip6, 'ff02::1', mark)),
    ]),
    below('DHCP', 'no client of ours asks, so nobody may', 'neighbour', (at, mark) => [
      ethernet(
        BROADCAST,
        at.mac,
        ETHERTYPE.ipv4,
        ipv4(
          { from: '0.0.0.0', to: '255.255.255.255', protocol: PROTOCOL.udp },
          udp(
            '0.0.0.0',
            '255.255.255.255',
            { from: 68, to: 67 },
            Buffer.concat([Buffer.from([1, 1, 6, 0]), data(mark)]),
          ),
        ),
      ),
    ]),
    below('IPv6 router advertisement', '2.3 case 20: a session as everyone’s router', 'neighbour', (at, mark) => [
      ethernet(
        ALL_NODES_MAC,
        at.mac,
        ETHERTYPE.ipv6,
        ipv6(
          'fe80::42:1',
          'ff02::1',
          PROTOCOL.icmp6,
          icmp6(
            'fe80::42:1',
            'ff02::1',
            134,
            Buffer.concat([Buffer.from('400007080000000000000000', 'hex'), data(mark)]),
          ),
          255,
        ),
      ),
    ]),
    below('IPv6 neighbour solicitation for the neighbour', '2.3 case 24: NDP', 'neighbour', (at, mark) => [
      ethernet(
        ALL_NODES_MAC,
        at.mac,
        ETHERTYPE.ipv6,
        ipv6(
          at.ip6,
          'ff02::1',
          PROTOCOL.icmp6,
          icmp6(at.ip6, 'ff02::1', 135, Buffer.concat([Buffer.alloc(4), Buffer.alloc(16, 1), data(mark)])),
          255,
        ),
      ),
    ]),
    below('IPv6 with a hop-by-hop header', 'rules that read the first next-header only', 'wan', (at, mark) => [
      viaGateway(
        at,
        ipv6(
          at.ip6,
          SITE6,
          0,
          Buffer.concat([
            Buffer.from([PROTOCOL.udp, 0, 1, 4, 0, 0, 0, 0]),
            udp(at.ip6, SITE6, { from: 4444, to: 1337 }, data(mark)),
          ]),
        ),
        ETHERTYPE.ipv6,
      ),
    ]),
  ],
};
