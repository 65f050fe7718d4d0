import { SITE } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const ownAddressAsSource: Case = {
  name: 'the wire’s own address as source',
  why: 'rules that choose a route by the source address',
  source: 'ip-rule(8), `from`',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) => [udpTo(SITE.v4, 1337, mark, { from: { address: ip4 } })],
};
