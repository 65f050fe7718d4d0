import type { Group } from '../case.ts';
import { arpTakesTheNeighbour } from './spoofed/arp-takes-the-neighbour.ts';
import { arpTakesTheProxy } from './spoofed/arp-takes-the-proxy.ts';
import { gatewaysSource } from './spoofed/gateways-source.ts';
import { proxysAddress } from './spoofed/proxys-address.ts';
import { proxysAddressAndMac } from './spoofed/proxys-address-and-mac.ts';
import { proxysAnswer } from './spoofed/proxys-answer.ts';
import { rawProxysSource } from './spoofed/raw-proxys-source.ts';

export const spoofed: Group = {
  name: 'spoofed names',
  cases: [
    rawProxysSource,
    proxysAddress,
    proxysAddressAndMac,
    proxysAnswer,
    gatewaysSource,
    arpTakesTheProxy,
    arpTakesTheNeighbour,
  ],
};
