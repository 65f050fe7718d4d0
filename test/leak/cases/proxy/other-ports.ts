import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const otherPorts: Case = {
  name: 'other ports of the proxy, UDP, ping',
  why: 'the one hole in both layers is TCP to the proxy, port 443',
  source: 'docs/security.md',
  seenAt: 'neighbour',
  attempts: (at, mark) => [
    tcpTo(at.proxy.ip4, 80, mark),
    udpTo(at.proxy.ip4, 443, mark),
    pingTo(at.proxy.ip4, at, mark),
  ],
};
