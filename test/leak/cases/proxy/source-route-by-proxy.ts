import { SOURCE_ROUTE, segment } from '../../attempts/datagram.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { TCP_FLAGS } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const sourceRouteByProxy: Case = {
  name: 'loose source route by the proxy’s port 443 to the site',
  why: 'ends at the proxy, unless it forwards',
  source: 'RFC 791',
  seenAt: 'neighbour',
  mayReach: 'proxy',
  ...byFrames((at, mark) => [toProxy(at, segment(at.ip4, at.proxy.ip4, 443, mark, TCP_FLAGS.syn, SOURCE_ROUTE))]),
};
