import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const proxysAddress: Case = {
  name: 'the proxy’s source address to the site',
  why: 'the proxy may go anywhere, so a session in the proxy’s name could, too',
  source: '2.3 case 24',
  seenAt: 'wan',
  ...byFrames((at, mark) => [viaGateway(at, datagram(at.proxy.ip4, SITE.v4, mark))]),
};
