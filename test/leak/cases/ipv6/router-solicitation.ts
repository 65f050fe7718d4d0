import { byFrames } from '../../attempts/frame.ts';
import { announce, FALSE_ROUTER } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import type { Case } from '../../case.ts';

export const routerSolicitation: Case = {
  name: 'router solicitation',
  why: 'tells who is there',
  source: 'RFC 4861 4.1',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [announce(at, FALSE_ROUTER, 133, Buffer.concat([Buffer.alloc(4), data(mark)]))]),
};
