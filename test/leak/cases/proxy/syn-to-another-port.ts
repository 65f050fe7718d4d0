import { segment } from '../../attempts/datagram.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { TCP_FLAGS } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

/** ECE and CWR: RFC 3168. */
const ECN = 0xc0;

export const synToAnotherPort: Case = {
  name: 'a SYN by hand to another port of the proxy',
  why: 'the guard tells replies by their flags alone',
  source: 'docs/security.md',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toProxy(at, segment(at.ip4, at.proxy.ip4, 80, mark)),
    toProxy(at, segment(at.ip4, at.proxy.ip4, 80, mark, TCP_FLAGS.syn | ECN)),
  ]),
};
