import { SITE } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const ipUnicastIf: Case = {
  name: 'IP_UNICAST_IF',
  why: 'chooses the interface without a bind',
  source: 'ip(7)',
  seenAt: 'wan',
  attempts: ({ device }, mark) => [udpTo(SITE.v4, 1337, mark, { device, unicast: true })],
};
