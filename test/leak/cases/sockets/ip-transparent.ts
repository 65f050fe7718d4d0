import { SITE } from '../../../../lab/addresses.ts';
import { FORGED_IP, FORGED_IP6 } from '../../attempts/forged.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const ipTransparent: Case = {
  name: 'IP_TRANSPARENT with a forged source',
  why: 'NET_RAW is enough for it',
  source: 'facts E1; ip(7)',
  seenAt: 'wan',
  attempts: (_, mark) => [
    udpTo(SITE.v4, 1337, mark, { transparent: true, from: { address: FORGED_IP } }),
    udpTo(SITE.v6, 1337, mark, { transparent: true, from: { address: FORGED_IP6 } }),
  ],
};
