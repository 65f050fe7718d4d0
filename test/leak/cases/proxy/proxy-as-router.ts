import { SITE } from '../../../../lab/addresses.ts';
import { segment } from '../../attempts/datagram.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { TCP_FLAGS } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const proxyAsRouter: Case = {
  name: 'the proxy as a router: its MAC, the site’s address, port 443',
  why: 'a hole that names the proxy’s MAC and not its address',
  source: 'docs/security.md',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toProxy(at, segment(at.ip4, SITE.v4, 443, mark)),
    toProxy(at, segment(at.ip4, SITE.v4, 443, mark, TCP_FLAGS.pushAck)),
  ]),
};
