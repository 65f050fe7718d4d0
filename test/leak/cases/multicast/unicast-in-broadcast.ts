import { datagram } from '../../attempts/datagram.ts';
import { byFrames, toEveryone } from '../../attempts/frame.ts';
import { ETHERTYPE, ethernet } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const unicastInBroadcast: Case = {
  name: 'a unicast address in a broadcast frame',
  why: 'a bridge gives it to everyone',
  source: '2.3 case 19',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(at, datagram(at.ip4, at.neighbour.ip4, mark)),
    ethernet('01:00:5e:7f:ff:fa', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, at.neighbour.ip4, mark)),
  ]),
};
