import { byFrames, toNeighbour } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { echo, ipv4, PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const icmpRedirect: Case = {
  name: 'ICMP redirect to the neighbour',
  why: '"your router is me"',
  source: 'RFC 792',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toNeighbour(at, ipv4({ from: at.gateway4, to: at.neighbour.ip4, protocol: PROTOCOL.icmp }, echo(data(mark), 5))),
  ]),
};
