import { byFrames } from '../../attempts/frame.ts';
import { announce } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import { address6 } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const neighbourSolicitation: Case = {
  name: 'neighbour solicitation for the neighbour',
  why: 'who is there, and under which MAC',
  source: '2.3 case 24: NDP',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    announce(at, at.ip6, 135, Buffer.concat([Buffer.alloc(4), address6(at.neighbour.ip6), data(mark)])),
  ]),
};
