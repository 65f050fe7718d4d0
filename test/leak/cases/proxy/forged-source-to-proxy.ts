import { segment } from '../../attempts/datagram.ts';
import { FORGED_IP } from '../../attempts/forged.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { TCP_FLAGS } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const forgedSourceToProxy: Case = {
  name: 'forged source to the proxy, port 443',
  why: 'the hole is for the session itself, and for nobody in whose name it could speak',
  source: 'docs/security.md; 2.3 case 24',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toProxy(at, segment(at.neighbour.ip4, at.proxy.ip4, 443, mark)),
    toProxy(at, segment(FORGED_IP, at.proxy.ip4, 443, mark, TCP_FLAGS.pushAck)),
  ]),
};
