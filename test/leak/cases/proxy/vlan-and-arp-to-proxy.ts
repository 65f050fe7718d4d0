import { segment } from '../../attempts/datagram.ts';
import { arpRequest, byFrames, toProxy } from '../../attempts/frame.ts';
import { ETHERTYPE, vlanTag } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const vlanAndArpToProxy: Case = {
  name: 'port 443 of the proxy behind a VLAN tag, and ARP for it',
  why: 'may reach the proxy, and nobody else',
  source: 'docs/security.md; IEEE 802.1Q',
  seenAt: 'neighbour',
  mayReach: 'proxy',
  ...byFrames((at, mark) => [
    toProxy(at, vlanTag(7, ETHERTYPE.ipv4, segment(at.ip4, at.proxy.ip4, 443, mark)), ETHERTYPE.vlan),
    arpRequest(at, at.proxy, mark),
  ]),
};
