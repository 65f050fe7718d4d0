import type { Group } from '../case.ts';
import { geneve } from './devices/geneve.ts';
import { gre } from './devices/gre.ts';
import { gretap } from './devices/gretap.ts';
import { ipip } from './devices/ipip.ts';
import { iptablesTee } from './devices/iptables-tee.ts';
import { ipvlan } from './devices/ipvlan.ts';
import { macvlan } from './devices/macvlan.ts';
import { nftFwd } from './devices/nft-fwd.ts';
import { sit } from './devices/sit.ts';
import { vlan } from './devices/vlan.ts';
import { vxlan } from './devices/vxlan.ts';

export const devices: Group = {
  name: 'a root’s own devices',
  cases: [vxlan, gre, gretap, ipip, sit, geneve, vlan, ipvlan, macvlan, nftFwd, iptablesTee],
};
