import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const soDontroute: Case = {
  name: 'SO_DONTROUTE by the wire',
  why: 'passes over the routing table',
  source: 'socket(7)',
  seenAt: 'bridge',
  attempts: ({ gateway4, device }, mark) => [udpTo(gateway4, 1337, mark, { dontroute: true, bind: true, device })],
};
