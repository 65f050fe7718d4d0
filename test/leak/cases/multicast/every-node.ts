import { pingTo, subnetBroadcast, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const everyNode: Case = {
  name: 'every node of the link: broadcast and multicast',
  why: '255.255.255.255, the subnet’s own, ff02::1',
  source: '2.3 case 19',
  seenAt: 'neighbour',
  attempts: (at, mark) => {
    const broadcast = { broadcast: true, bind: true, device: at.device };
    const multicast = { multicast: true, device: at.device };
    return [
      udpTo('255.255.255.255', 1337, mark, broadcast),
      udpTo(subnetBroadcast(at), 1337, mark, broadcast),
      udpTo('ff02::1', 1337, mark, multicast),
      pingTo('ff02::1', at, mark, multicast),
    ];
  },
};
