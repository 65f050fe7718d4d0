import { SITE } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const udpFromKnownPorts: Case = {
  name: 'the session’s and the tunnels’ ports as source ports, by the wire',
  why: 'rules that know a reply, or the tunnel itself, by its port',
  source: 'facts 8, must have 2',
  seenAt: 'wan',
  attempts: ({ device }, mark) =>
    [443, 1194, 51820].map((port) => udpTo(SITE.v4, 40000, mark, { from: { port }, device, bind: true })),
};
