import { arpRequest, byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const arpForTheNeighbour: Case = {
  name: 'ARP for the neighbour',
  why: 'who is there, and under which MAC',
  source: '2.3 case 24; MLLVD-CR-24-03',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [arpRequest(at, at.neighbour, mark)]),
};
