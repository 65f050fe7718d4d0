import { segment } from '../../attempts/datagram.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { TCP_FLAGS } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const ackToAnotherPort: Case = {
  name: 'an ACK by hand to another port of the proxy',
  why: 'passes as a reply, by design; it opens nothing and ends there',
  source: 'docs/security.md',
  seenAt: 'neighbour',
  mayReach: 'proxy',
  ...byFrames((at, mark) => [toProxy(at, segment(at.ip4, at.proxy.ip4, 80, mark, TCP_FLAGS.ack))]),
};
