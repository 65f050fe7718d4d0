import type { Group } from '../case.ts';
import { hairpinFrame } from './neighbours/hairpin-frame.ts';
import { hairpinRaw } from './neighbours/hairpin-raw.ts';
import { kernelsArp } from './neighbours/kernels-arp.ts';
import { neighbourByTheWire } from './neighbours/neighbour-by-the-wire.ts';
import { neighbourIpv6 } from './neighbours/neighbour-ipv6.ts';
import { neighbourPing } from './neighbours/neighbour-ping.ts';
import { neighbourTcpAndUdp } from './neighbours/neighbour-tcp-and-udp.ts';

export const neighbours: Group = {
  name: 'neighbours',
  cases: [
    ...neighbourTcpAndUdp,
    neighbourPing,
    neighbourIpv6,
    neighbourByTheWire,
    hairpinFrame,
    hairpinRaw,
    kernelsArp,
  ],
};
