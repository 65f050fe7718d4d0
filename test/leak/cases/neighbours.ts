import type { Case, Group } from '../case.ts';
import { pingTo, tcpTo, udpTo } from './transport.ts';

const CASE_24 = '2.3 case 24: from one session to another';

export const neighbours: Group = {
  name: 'neighbours',
  cases: [
    ...[53, 443, 1337].map(
      (port): Case => ({
        name: `TCP and UDP to the neighbour, port ${port}`,
        why: CASE_24,
        seenAt: 'neighbour',
        attempts: ({ neighbour: { ip4 } }, mark) => [tcpTo(ip4, port, mark), udpTo(ip4, port, mark)],
      }),
    ),
    {
      name: 'ping to the neighbour',
      why: CASE_24,
      seenAt: 'neighbour',
      attempts: (at, mark) => [pingTo(at.neighbour.ip4, at, mark)],
    },
    {
      name: 'TCP, UDP and ping to the neighbour, IPv6',
      why: CASE_24,
      seenAt: 'neighbour',
      attempts: (at, mark) => [
        tcpTo(at.neighbour.ip6, 1337, mark),
        udpTo(at.neighbour.ip6, 1337, mark),
        pingTo(at.neighbour.ip6, at, mark),
      ],
    },
    {
      name: 'the neighbour, bound to the wire',
      why: 'facts E4, inside the network',
      seenAt: 'neighbour',
      attempts: ({ neighbour: { ip4 }, device }, mark) => [udpTo(ip4, 1337, mark, { device, bind: true })],
    },
    {
      name: 'the kernel’s own ARP for an address of the network',
      why: 'an ARP request tells everyone who asks, and for whom',
      seenAt: 'neighbour',
      attempts: ({ nobody4 }, mark) => [udpTo(nobody4(mark), 1337, mark)],
    },
    {
      name: 'every node of the link: broadcast and multicast',
      why: '2.3 case 19: SSDP, 255.255.255.255, ff02::1',
      seenAt: 'neighbour',
      attempts: ({ device, ...at }, mark) => [
        udpTo('255.255.255.255', 1337, mark, { broadcast: true, bind: true, device }),
        udpTo('239.255.255.250', 1900, mark, { multicast: true, device }),
        udpTo('ff02::1', 1337, mark, { multicast: true, device }),
        pingTo('ff02::1', { device, ...at }, mark, { multicast: true, device }),
      ],
    },
  ],
};
