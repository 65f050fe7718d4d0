import { datagram, datagram6 } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const hairpinFrame: Case = {
  name: 'hairpin: a frame for the neighbour’s address by the gateway’s MAC',
  why: 'ports that are isolated from each other still meet at the host, which routes back to where it came from',
  source: 'facts E11, 2.3 case 24',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    viaGateway(at, datagram(at.ip4, at.neighbour.ip4, mark)),
    viaGateway(at, datagram6(at.ip6, at.neighbour.ip6, mark), ETHERTYPE.ipv6),
  ]),
};
