import { datagram, datagram6 } from '../../attempts/datagram.ts';
import { ALL_NODES_MAC, byFrames, toEveryone } from '../../attempts/frame.ts';
import { ETHERTYPE, ethernet } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const multicastFrames: Case = {
  name: 'broadcast and multicast frames',
  why: 'a bridge gives them to everyone',
  source: '2.3 case 19',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(at, datagram(at.ip4, '255.255.255.255', mark)),
    ethernet('01:00:5e:00:00:fb', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '224.0.0.251', mark, 5353)),
    ethernet('01:00:5e:00:00:fc', at.mac, ETHERTYPE.ipv4, datagram(at.ip4, '224.0.0.252', mark, 5355)),
    ethernet(ALL_NODES_MAC, at.mac, ETHERTYPE.ipv6, datagram6(at.ip6, 'ff02::1', mark)),
  ]),
};
