import { SITE } from '../../../../lab/addresses.ts';
import { datagram6 } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const ipv6Frame: Case = {
  name: 'IPv6 to the site by the gateway’s MAC',
  why: 'packet sockets meet no rule inside, in the family that is forgotten',
  source: 'facts E1',
  seenAt: 'wan',
  ...byFrames((at, mark) => [viaGateway(at, datagram6(at.ip6, SITE.v6, mark), ETHERTYPE.ipv6)]),
};
