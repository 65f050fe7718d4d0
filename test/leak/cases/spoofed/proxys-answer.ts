import { byFrames, toNeighbour } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ipv4, PROTOCOL, TCP_FLAGS, tcp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const proxysAnswer: Case = {
  name: 'the proxy’s source address to the neighbour, as its answer from port 443',
  why: 'what the proxy says is believed',
  source: '2.3 case 24',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toNeighbour(
      at,
      ipv4(
        { from: at.proxy.ip4, to: at.neighbour.ip4, protocol: PROTOCOL.tcp },
        tcp(at.proxy.ip4, at.neighbour.ip4, { from: 443, to: mark.port }, TCP_FLAGS.synAck, data(mark)),
      ),
    ),
  ]),
};
