import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const neighbourByTheWire: Case = {
  name: 'the neighbour, bound to the wire',
  why: 'routes are no kill switch inside the network, either',
  source: 'facts E4',
  seenAt: 'neighbour',
  attempts: ({ neighbour: { ip4 }, device }, mark) => [udpTo(ip4, 1337, mark, { device, bind: true })],
};
