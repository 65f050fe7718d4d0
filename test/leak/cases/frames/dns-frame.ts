import { RESOLVER } from '../../../../lab/addresses.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { query } from '../../attempts/name.ts';
import { ipv4, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const dnsFrame: Case = {
  name: 'DNS to the host’s resolver',
  why: 'packet sockets meet no rule inside',
  source: 'facts E1; 2.3 case 6',
  seenAt: 'wan',
  ...byFrames((at, mark) => [
    viaGateway(
      at,
      ipv4(
        { from: at.ip4, to: RESOLVER.v4, protocol: PROTOCOL.udp },
        udp(at.ip4, RESOLVER.v4, { from: 4444, to: 53 }, query(mark)),
      ),
    ),
  ]),
};
