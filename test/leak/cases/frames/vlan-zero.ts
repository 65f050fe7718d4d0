import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE, vlanTag } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const vlanZero: Case = {
  name: 'VLAN 0, which is no VLAN, to the gateway',
  why: 'a priority tag only: the host takes it for an untagged frame',
  source: 'IEEE 802.1Q',
  seenAt: 'wan',
  ...byFrames((at, mark) => [
    viaGateway(at, vlanTag(0, ETHERTYPE.ipv4, datagram(at.ip4, SITE.v4, mark)), ETHERTYPE.vlan),
  ]),
};
