import { SITE } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const udpFromTheSessionPort: Case = {
  name: 'UDP from port 443, as if it answered',
  why: 'rules that know a reply by its port',
  source: 'facts 8, must have 2',
  seenAt: 'wan',
  attempts: (_, mark) => [udpTo(SITE.v4, 40000, mark, { from: { port: 443 } })],
};
