import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { written } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const rawProxysSource: Case = {
  name: 'IPPROTO_RAW, the proxy’s source',
  why: 'the proxy may go anywhere, so a session in the proxy’s name could, too',
  source: 'facts E1; 2.3 case 24',
  seenAt: 'wan',
  attempts: ({ proxy }, mark) => [written(SITE.v4, datagram(proxy.ip4, SITE.v4, mark))],
};
