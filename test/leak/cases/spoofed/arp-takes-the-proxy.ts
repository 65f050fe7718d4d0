import { arpClaim, byFrames } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const arpTakesTheProxy: Case = {
  name: 'ARP that takes the proxy’s address',
  why: 'ARP spoofing: everyone’s traffic to the proxy',
  source: '2.3 case 24; RFC 826',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [arpClaim(at, at.proxy.ip4, mark)]),
};
