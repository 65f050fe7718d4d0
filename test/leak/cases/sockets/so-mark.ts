import { SITE } from '../../../../lab/addresses.ts';
import { tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const soMark: readonly Case[] = [0x1, 51820].map(
  (fwmark): Case => ({
    name: `SO_MARK ${fwmark}`,
    why: 'NET_RAW, which Docker gives, may set a mark, and wg-quick’s rules exempt one',
    source: 'facts E1',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo(SITE.v4, 1337, mark, { mark: fwmark }), tcpTo(SITE.v4, 443, mark, { mark: fwmark })],
  }),
);
