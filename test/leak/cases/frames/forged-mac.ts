import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { FORGED_MAC } from '../../attempts/forged.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const forgedMac: Case = {
  name: 'forged source MAC',
  why: 'rules that know a session by its MAC',
  source: '2.3 case 24',
  seenAt: 'wan',
  ...byFrames((at, mark) => [viaGateway(at, datagram(at.ip4, SITE.v4, mark), ETHERTYPE.ipv4, FORGED_MAC)]),
};
