import { segment } from '../../attempts/datagram.ts';
import { byFrames, toEveryone, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const proxysAddressElsewhere: Case = {
  name: 'port 443 of the proxy’s address, by broadcast and by the gateway’s MAC',
  why: 'a broadcast frame reaches more than the proxy',
  source: 'docs/security.md',
  seenAt: 'bridge',
  ...byFrames((at, mark) => {
    const syn = segment(at.ip4, at.proxy.ip4, 443, mark);
    return [toEveryone(at, syn), viaGateway(at, syn)];
  }),
};
