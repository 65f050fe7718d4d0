import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { FORGED_IP } from '../../attempts/forged.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const forgedIp: Case = {
  name: 'forged source address',
  why: 'rules that know a session by its address',
  source: 'facts E1; 2.3 case 24',
  seenAt: 'wan',
  ...byFrames((at, mark) => [viaGateway(at, datagram(FORGED_IP, SITE.v4, mark))]),
};
