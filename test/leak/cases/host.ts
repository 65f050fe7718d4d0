import type { Group } from '../case.ts';
import { bridgeIpv6 } from './host/bridge-ipv6.ts';
import { bridgeTcp } from './host/bridge-tcp.ts';
import { bridgeUdpAndPing } from './host/bridge-udp-and-ping.ts';
import { hostsPublicAddress } from './host/hosts-public-address.ts';
import { hostsRouter } from './host/hosts-router.ts';
import { metadata } from './host/metadata.ts';

export const host: Group = {
  name: 'the host',
  cases: [...bridgeTcp, bridgeUdpAndPing, bridgeIpv6, hostsPublicAddress, hostsRouter, ...metadata],
};
