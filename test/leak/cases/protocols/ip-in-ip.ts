import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { hex } from '../../attempts/payload.ts';
import { rawTo } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const ipInIp: Case = {
  name: 'IP in IP',
  why: 'a packet in a packet',
  source: '2.3 case 17; RFC 2003',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) => [{ ...rawTo(PROTOCOL.ipip, mark), bytes: hex(datagram(ip4, SITE.v4, mark)) }],
};
