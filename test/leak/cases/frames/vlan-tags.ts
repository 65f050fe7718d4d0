import { datagram } from '../../attempts/datagram.ts';
import { byFrames, toEveryone } from '../../attempts/frame.ts';
import { ETHERTYPE, vlanTag } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const vlanTags: Case = {
  name: 'a VLAN tag, once and twice',
  why: 'the kernel takes the tag off before rules see the frame',
  source: 'IEEE 802.1Q, 802.1ad',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => {
    const packet = datagram(at.ip4, at.neighbour.ip4, mark);
    return [
      toEveryone(at, vlanTag(7, ETHERTYPE.ipv4, packet), ETHERTYPE.vlan),
      toEveryone(at, vlanTag(7, ETHERTYPE.vlan, vlanTag(8, ETHERTYPE.ipv4, packet)), ETHERTYPE.qinq),
    ];
  }),
};
