import { SITE } from '../../../../lab/addresses.ts';
import { data, hex } from '../../attempts/payload.ts';
import { written } from '../../attempts/raw.ts';
import { udpFragments } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const rawFragments: Case = {
  name: 'fragments',
  why: 'a later one has no ports to match',
  source: '2.3 case 18',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) => {
    const [first, second] = udpFragments(ip4, SITE.v4, data(mark), mark.port);
    return [{ ...written(SITE.v4, first), more: [hex(second)] }];
  },
};
