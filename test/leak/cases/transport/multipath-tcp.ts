import { SITE } from '../../../../lab/addresses.ts';
import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const multipathTcp: Case = {
  name: 'multipath TCP',
  why: 'opens subflows by every interface there is',
  source: 'RFC 8684',
  seenAt: 'wan',
  attempts: (_, mark) => [tcpTo(SITE.v4, 443, mark, { op: 'mptcp' })],
};
