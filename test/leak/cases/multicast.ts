import type { Group } from '../case.ts';
import { dhcp } from './multicast/dhcp.ts';
import { dhcpv6 } from './multicast/dhcpv6.ts';
import { dhcpv6ByASocket } from './multicast/dhcpv6-by-a-socket.ts';
import { discovery } from './multicast/discovery.ts';
import { everyNode } from './multicast/every-node.ts';
import { igmpQuery } from './multicast/igmp-query.ts';
import { kernelsIgmpReport } from './multicast/kernels-igmp-report.ts';
import { kernelsMldReport } from './multicast/kernels-mld-report.ts';
import { llmnr } from './multicast/llmnr.ts';
import { mdns } from './multicast/mdns.ts';
import { multicastFrames } from './multicast/multicast-frames.ts';
import { unicastInBroadcast } from './multicast/unicast-in-broadcast.ts';

export const multicast: Group = {
  name: 'multicast and broadcast',
  cases: [
    everyNode,
    mdns,
    llmnr,
    discovery,
    kernelsIgmpReport,
    kernelsMldReport,
    dhcpv6ByASocket,
    multicastFrames,
    unicastInBroadcast,
    igmpQuery,
    dhcp,
    dhcpv6,
  ],
};
