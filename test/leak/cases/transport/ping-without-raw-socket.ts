import { SITE } from '../../../../lab/addresses.ts';
import { pingTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const pingWithoutRawSocket: Case = {
  name: 'ping without a raw socket',
  why: 'IPPROTO_ICMP needs no capability where ping_group_range allows it, as Docker does',
  source: '2.3 case 17',
  seenAt: 'wan',
  needs: ['Docker’s namespace'],
  attempts: (at, mark) => [
    { ...pingTo(SITE.v4, at, mark), op: 'ping' },
    { ...pingTo(SITE.v6, at, mark), op: 'ping' },
  ],
};
