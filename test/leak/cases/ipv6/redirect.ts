import { SITE } from '../../../../lab/addresses.ts';
import { byFrames } from '../../attempts/frame.ts';
import { announce, FALSE_ROUTER } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import { address6 } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const redirect: Case = {
  name: 'redirect',
  why: '"your router is me"',
  source: 'RFC 4861 8',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    announce(
      at,
      FALSE_ROUTER,
      137,
      Buffer.concat([Buffer.alloc(4), address6(at.neighbour.ip6), address6(SITE.v6), data(mark)]),
    ),
  ]),
};
