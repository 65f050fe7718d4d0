import { HOST } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { FORGED_IP } from '../../attempts/forged.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const hostServiceFrame: Case = {
  name: 'to the host’s service by the gateway’s MAC',
  why: 'from a session to what listens on the host, below every rule inside',
  source: '2.3 case 25',
  seenAt: 'bridge',
  ...byFrames((at, mark) => [
    viaGateway(at, datagram(at.ip4, at.gateway4, mark)),
    viaGateway(at, datagram(FORGED_IP, HOST.v4, mark)),
    viaGateway(at, datagram(at.ip4, '169.254.169.254', mark)),
  ]),
};
