import { arpClaim, byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const arpTakesTheNeighbour: Case = {
  name: 'ARP that takes the neighbour’s address, and an announcement of the own',
  why: 'ARP spoofing: the neighbour’s traffic',
  source: '2.3 case 24; RFC 826, 5227',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [arpClaim(at, at.neighbour.ip4, mark), arpClaim(at, at.ip4, mark)]),
};
