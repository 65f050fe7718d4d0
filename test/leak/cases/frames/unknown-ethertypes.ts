import { byFrames, toEveryone, toNeighbour } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

/** IEEE 802: for experiments. */
const EXPERIMENTAL = 0x88b5;

export const unknownEthertypes: Case = {
  name: 'reverse ARP and an unknown ethertype',
  why: 'rules that know IP and ARP only',
  source: 'facts E1; RFC 903',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(at, Buffer.concat([Buffer.alloc(28), data(mark)]), ETHERTYPE.rarp),
    toEveryone(at, data(mark), EXPERIMENTAL),
    toNeighbour(at, data(mark), EXPERIMENTAL),
  ]),
};
