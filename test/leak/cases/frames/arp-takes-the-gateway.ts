import { byFrames, toEveryone } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { arp, ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const arpTakesTheGateway: Case = {
  name: 'ARP that takes the gateway’s address',
  why: 'ARP spoofing: the neighbour’s way out',
  source: '2.3 case 24; RFC 826',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(
      at,
      arp(
        { operation: 2, from: { mac: at.mac, ip: at.gateway4 }, to: { mac: at.neighbour.mac, ip: at.neighbour.ip4 } },
        data(mark),
      ),
      ETHERTYPE.arp,
    ),
  ]),
};
