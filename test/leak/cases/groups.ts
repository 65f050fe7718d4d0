import { BROADCAST, dnsQuery, ETHERTYPE, ethernet, igmp, ipv4, ipv6, PROTOCOL, udp } from '../bytes/build.ts';
import type { Attempt, Group, Mark } from '../case.ts';
import { hex } from '../case.ts';
import { ALL_NODES_MAC, below, data, datagram, datagram6 } from './frame.ts';
import { nameOf } from './names.ts';
import { pingTo, udpTo } from './transport.ts';

const CASE_19 = '2.3 case 19';

const asks = (to: string, port: number, device: string, mark: Mark): Attempt =>
  udpTo(to, port, mark, { bytes: hex(dnsQuery(nameOf(mark))), device, multicast: true });

/** A group that nobody else is in, one a probe. */
const ownGroup4 = ({ port }: Mark): string => `239.77.${port >> 8}.${port & 255}`;
const ownGroup6 = ({ port }: Mark): string => `ff05::77:${port.toString(16)}`;

/** Everything that one sends to the whole link. */
export const groups: Group = {
  name: 'multicast and broadcast',
  cases: [
    {
      name: 'every node of the link: broadcast and multicast',
      why: `${CASE_19}: 255.255.255.255, the subnet’s own, ff02::1`,
      seenAt: 'neighbour',
      attempts: ({ device, ...at }, mark) => [
        udpTo('255.255.255.255', 1337, mark, { broadcast: true, bind: true, device }),
        udpTo(at.ip4.replace(/\.\d+\.\d+$/, '.255.255'), 1337, mark, { broadcast: true, bind: true, device }),
        udpTo('ff02::1', 1337, mark, { multicast: true, device }),
        pingTo('ff02::1', { device, ...at }, mark, { multicast: true, device }),
      ],
    },
    {
      name: 'mDNS',
      why: CASE_19,
      seenAt: 'neighbour',
      attempts: ({ device }, mark) => [asks('224.0.0.251', 5353, device, mark), asks('ff02::fb', 5353, device, mark)],
    },
    {
      name: 'LLMNR',
      why: CASE_19,
      seenAt: 'neighbour',
      attempts: ({ device }, mark) => [asks('224.0.0.252', 5355, device, mark), asks('ff02::1:3', 5355, device, mark)],
    },
    {
      name: 'SSDP, WS-Discovery, NetBIOS',
      why: CASE_19,
      seenAt: 'neighbour',
      attempts: ({ device, ip4 }, mark) => [
        udpTo('239.255.255.250', 1900, mark, { multicast: true, device }),
        udpTo('239.255.255.250', 3702, mark, { multicast: true, device }),
        udpTo(ip4.replace(/\.\d+\.\d+$/, '.255.255'), 137, mark, { broadcast: true, bind: true, device }),
      ],
    },
    {
      name: 'the kernel’s own report of a group: IGMP',
      why: 'the kernel sends it, not the process, which needs no privilege to join',
      seenAt: 'bridge',
      needs: ['the wire’s own MAC'],
      attempts: ({ device }, mark) => [{ op: 'join', to: ownGroup4(mark), device }],
    },
    {
      name: 'the kernel’s own report of a group: MLD',
      why: 'as above, in the family that is forgotten',
      seenAt: 'bridge',
      needs: ['the wire’s own MAC'],
      attempts: ({ device }, mark) => [{ op: 'join', family: 6, to: ownGroup6(mark), device }],
    },
    {
      name: 'DHCPv6 by a socket',
      why: 'no client of ours asks, so nobody may',
      seenAt: 'neighbour',
      attempts: ({ device }, mark) => [udpTo('ff02::1:2', 547, mark, { multicast: true, device })],
    },
    below('broadcast and multicast frames', CASE_19, 'neighbour', (at, mark) => [
      ethernet(BROADCAST, at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '255.255.255.255', mark)),
      ethernet('01:00:5e:00:00:fb', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '224.0.0.251', mark, 5353)),
      ethernet('01:00:5e:00:00:fc', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '224.0.0.252', mark, 5355)),
      ethernet(ALL_NODES_MAC, at.mac, ETHERTYPE.ipv6, datagram6(at.ip6, 'ff02::1', mark)),
    ]),
    below('a unicast address in a broadcast frame', 'a bridge gives it to everyone', 'neighbour', (at, mark) => [
      ethernet(BROADCAST, at.mac, ETHERTYPE.ipv4, datagram(at.ip4, at.neighbour.ip4, mark)),
      ethernet('01:00:5e:7f:ff:fa', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, at.neighbour.ip4, mark)),
    ]),
    below('IGMP frames', 'RFC 2236: a query makes every member answer', 'bridge', (at, mark) => [
      ethernet(
        '01:00:5e:00:00:01',
        at.mac,
        ETHERTYPE.ipv4,
        ipv4(
          { from: at.ip4, to: '224.0.0.1', protocol: PROTOCOL.igmp, options: Buffer.from('94040000', 'hex') },
          igmp(0x11, '0.0.0.0', data(mark)),
        ),
      ),
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
    below('DHCPv6', 'as above', 'neighbour', (at, mark) => [
      ethernet(
        '33:33:00:01:00:02',
        at.mac,
        ETHERTYPE.ipv6,
        ipv6(
          'fe80::42:1',
          'ff02::1:2',
          PROTOCOL.udp,
          udp(
            'fe80::42:1',
            'ff02::1:2',
            { from: 546, to: 547 },
            Buffer.concat([Buffer.from([1, 1, 2, 3]), data(mark)]),
          ),
        ),
      ),
    ]),
  ],
};
