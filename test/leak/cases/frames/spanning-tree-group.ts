import { byFrames } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ethernet } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const spanningTreeGroup: Case = {
  name: 'spanning tree’s group address',
  why: 'a bridge without spanning tree forwards it',
  source: 'IEEE 802.1D',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [ethernet('01:80:c2:00:00:00', at.mac, 0x88b5, data(mark))]),
};
