import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const dhcpv6ByASocket: Case = {
  name: 'DHCPv6 by a socket',
  why: 'no client of ours asks, so nobody may',
  source: 'RFC 8415',
  seenAt: 'neighbour',
  attempts: ({ device }, mark) => [udpTo('ff02::1:2', 547, mark, { multicast: true, device })],
};
