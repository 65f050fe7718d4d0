import { datagram } from '../../attempts/datagram.ts';
import { byFrames, toNeighbour } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const gatewaysSource: Case = {
  name: 'the gateway’s source address and MAC to the neighbour',
  why: 'what the host says is believed',
  source: '2.3 case 24',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toNeighbour(at, datagram(at.gateway4, at.neighbour.ip4, mark), ETHERTYPE.ipv4, at.gatewayMac),
  ]),
};
