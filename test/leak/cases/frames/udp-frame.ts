import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const udpFrame: Case = {
  name: 'UDP to the site by the gateway’s MAC',
  why: 'NET_RAW, which Docker gives, opens packet sockets, and their frames meet no rule inside',
  source: 'facts E1',
  seenAt: 'wan',
  ...byFrames((at, mark) => [viaGateway(at, datagram(at.ip4, SITE.v4, mark))]),
};
