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
      why: 'TunnelCrack LocalNet, CVE-2023-36672: what looks local goes past the tunnel; ARP tells everyone who asks for whom',
      needs: ['the wire’s own MAC'],
      seenAt: 'neighbour',
      attempts: ({ nobody4 }, mark) => [udpTo(nobody4(mark), 1337, mark)],
    },
  ],
};
