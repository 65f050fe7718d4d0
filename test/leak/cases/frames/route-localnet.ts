import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const routeLocalnet: Case = {
  name: 'to 127.0.0.1 by the gateway’s MAC',
  why: 'with route_localnet the host’s loopback answers on the bridge',
  source: 'CVE-2020-8558',
  seenAt: 'bridge',
  ...byFrames((at, mark) => [viaGateway(at, datagram(at.ip4, '127.0.0.1', mark))]),
};
