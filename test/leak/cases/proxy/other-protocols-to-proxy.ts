import { SITE } from '../../../../lab/addresses.ts';
import { segment } from '../../attempts/datagram.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ipv4, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const otherProtocolsToProxy: Case = {
  name: 'IP in IP and UDP to the proxy',
  why: 'the one hole in both layers is TCP to the proxy, port 443',
  source: 'docs/security.md; 2.3 case 17',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toProxy(at, ipv4({ from: at.ip4, to: at.proxy.ip4, protocol: PROTOCOL.ipip }, segment(at.ip4, SITE.v4, 443, mark))),
    toProxy(
      at,
      ipv4(
        { from: at.ip4, to: at.proxy.ip4, protocol: PROTOCOL.udp },
        udp(at.ip4, at.proxy.ip4, { from: 443, to: 443 }, data(mark)),
      ),
    ),
  ]),
};
