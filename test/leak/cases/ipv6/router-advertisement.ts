import { byFrames } from '../../attempts/frame.ts';
import { announce, FALSE_ROUTER } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import type { Case } from '../../case.ts';

export const routerAdvertisement: Case = {
  name: 'router advertisement',
  why: 'a session as everyone’s router',
  source: '2.3 case 20; RFC 4861 4.2',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    announce(at, FALSE_ROUTER, 134, Buffer.concat([Buffer.from('400007080000000000000000', 'hex'), data(mark)])),
  ]),
};
