import { pingTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const bridgeUdpAndPing: Case = {
  name: 'UDP and ping to the bridge’s address',
  why: 'from a session to what listens on the host',
  source: '2.3 case 25',
  seenAt: 'bridge',
  attempts: (at, mark) => [udpTo(at.gateway4, 1337, mark), pingTo(at.gateway4, at, mark)],
};
