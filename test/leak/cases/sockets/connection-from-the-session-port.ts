import { SITE } from '../../../../lab/addresses.ts';
import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

/** The site's port is the mark here. */
export const connectionFromTheSessionPort: Case = {
  name: 'the session’s port as the source of a connection',
  why: 'rules that know a reply by its port',
  source: 'facts 8, must have 2',
  seenAt: 'wan',
  attempts: ({ device }, mark) => [tcpTo(SITE.v4, mark.port, mark, { from: { port: 443 }, device, bind: true })],
};
