import { subnetBroadcast, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const discovery: Case = {
  name: 'SSDP, WS-Discovery, NetBIOS',
  why: 'desktops look for devices by themselves',
  source: '2.3 case 19',
  seenAt: 'neighbour',
  attempts: (at, mark) => [
    udpTo('239.255.255.250', 1900, mark, { multicast: true, device: at.device }),
    udpTo('239.255.255.250', 3702, mark, { multicast: true, device: at.device }),
    udpTo(subnetBroadcast(at), 137, mark, { broadcast: true, bind: true, device: at.device }),
  ],
};
