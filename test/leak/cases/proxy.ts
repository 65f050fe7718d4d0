import type { Group } from '../case.ts';
import { ackToAnotherPort } from './proxy/ack-to-another-port.ts';
import { forgedMacToProxy } from './proxy/forged-mac-to-proxy.ts';
import { forgedSourceToProxy } from './proxy/forged-source-to-proxy.ts';
import { otherPorts } from './proxy/other-ports.ts';
import { otherProtocolsToProxy } from './proxy/other-protocols-to-proxy.ts';
import { proxyAsRouter } from './proxy/proxy-as-router.ts';
import { proxysAddressElsewhere } from './proxy/proxys-address-elsewhere.ts';
import { sourceRouteByProxy } from './proxy/source-route-by-proxy.ts';
import { synToAnotherPort } from './proxy/syn-to-another-port.ts';
import { vlanAndArpToProxy } from './proxy/vlan-and-arp-to-proxy.ts';

export const proxy: Group = {
  name: 'the way to the proxy',
  cases: [
    otherPorts,
    proxyAsRouter,
    forgedSourceToProxy,
    forgedMacToProxy,
    synToAnotherPort,
    otherProtocolsToProxy,
    proxysAddressElsewhere,
    sourceRouteByProxy,
    ackToAnotherPort,
    vlanAndArpToProxy,
  ],
};
