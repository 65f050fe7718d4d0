import type { Case, Group } from '../case.ts';
import { pingTo, tcpTo, udpTo } from './transport.ts';

const CASE_25 = '2.3 case 25: from a session to what listens on the host';

/** 22 and 2375: what an attacker would try first. The suite's own listeners stand on 1337. */
const HOST_PORTS = [22, 443, 1337, 2375];

const METADATA: Case[] = ['169.254.169.254', 'fd00:ec2::254'].map((to) => ({
  name: `the clouds’ metadata address ${to}`,
  why: CASE_25,
  seenAt: 'bridge',
  attempts: (at, mark) => [tcpTo(to, 80, mark), udpTo(to, 1337, mark), pingTo(to, at, mark)],
}));

export const host: Group = {
  name: 'the host',
  cases: [
    ...HOST_PORTS.map(
      (port): Case => ({
        name: `TCP to the bridge’s address, port ${port}`,
        why: CASE_25,
        seenAt: 'bridge',
        attempts: ({ gateway4 }, mark) => [tcpTo(gateway4, port, mark)],
      }),
    ),
    {
      name: 'UDP and ping to the bridge’s address',
      why: CASE_25,
      seenAt: 'bridge',
      attempts: (at, mark) => [udpTo(at.gateway4, 1337, mark), pingTo(at.gateway4, at, mark)],
    },
    {
      name: 'UDP, TCP and ping to the bridge’s IPv6 address',
      why: CASE_25,
      seenAt: 'bridge',
      attempts: (at, mark) => [
        udpTo(at.gateway6, 1337, mark),
        tcpTo(at.gateway6, 1337, mark),
        pingTo(at.gateway6, at, mark),
      ],
    },
    {
      name: 'UDP, TCP and ping to the host’s address on the internet',
      why: 'the host answers for all of its addresses on every interface',
      seenAt: 'bridge',
      mayReach: 'host by tunnel',
      attempts: (at, mark) => [
        udpTo('203.0.113.1', 1337, mark),
        tcpTo('203.0.113.1', 1337, mark),
        pingTo('203.0.113.1', at, mark),
        udpTo('2001:db8:113::1', 1337, mark),
      ],
    },
    {
      name: 'the host’s LAN: its router',
      why: '2.3 case 5',
      seenAt: 'wan',
      attempts: (at, mark) => [udpTo('203.0.113.254', 1337, mark), pingTo('203.0.113.254', at, mark)],
    },
    ...METADATA,
  ],
};
