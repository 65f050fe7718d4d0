import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const neighboursSource: Case = {
  name: 'the neighbour’s source address and MAC',
  why: 'in another session’s name',
  source: '2.3 case 24',
  seenAt: 'wan',
  ...byFrames((at, mark) => [
    viaGateway(at, datagram(at.neighbour.ip4, SITE.v4, mark), ETHERTYPE.ipv4, at.neighbour.mac),
  ]),
};
