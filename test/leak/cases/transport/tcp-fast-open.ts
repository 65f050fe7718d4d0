import { SITE } from '../../../../lab/addresses.ts';
import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const tcpFastOpen: Case = {
  name: 'TCP fast open: data in the SYN',
  why: 'the first packet of a connection is one with data already',
  source: 'RFC 7413',
  seenAt: 'wan',
  attempts: (_, mark) => [tcpTo(SITE.v4, 443, mark, { op: 'fastopen' })],
};
