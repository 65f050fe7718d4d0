import { byFrames } from '../../attempts/frame.ts';
import { announce, FALSE_ROUTER } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import type { Case } from '../../case.ts';

export const listenerReport: Case = {
  name: 'multicast listener report',
  why: 'tells who is there, and what it listens to',
  source: 'RFC 3810',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [announce(at, FALSE_ROUTER, 143, Buffer.concat([Buffer.alloc(4), data(mark)]))]),
};
