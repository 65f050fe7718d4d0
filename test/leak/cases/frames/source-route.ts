import { SOURCE_ROUTE } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ipv4, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const sourceRoute: Case = {
  name: 'loose source route to the site',
  why: 'the destination comes from an option',
  source: 'RFC 791',
  seenAt: 'bridge',
  ...byFrames((at, mark) => [
    viaGateway(
      at,
      ipv4(
        { from: at.ip4, to: at.gateway4, protocol: PROTOCOL.udp, options: SOURCE_ROUTE },
        udp(at.ip4, at.gateway4, { from: 4444, to: 1337 }, data(mark)),
      ),
    ),
  ]),
};
