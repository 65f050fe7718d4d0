import { SITE } from '../../../../lab/addresses.ts';
import { frame, viaGateway } from '../../attempts/frame.ts';
import { data, hex } from '../../attempts/payload.ts';
import { udpFragments } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const fragmentFrames: Case = {
  name: 'fragment frames',
  why: 'a later one has no ports to match',
  source: '2.3 case 18',
  seenAt: 'wan',
  belowLock: true,
  attempts: (at, mark) => {
    const [first, second] = udpFragments(at.ip4, SITE.v4, data(mark), mark.port);
    return [{ ...frame(at, viaGateway(at, first)), more: [hex(viaGateway(at, second))] }];
  },
};
