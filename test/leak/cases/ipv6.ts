import type { Group } from '../case.ts';
import { chainOfHeaders } from './ipv6/chain-of-headers.ts';
import { destinationOptions } from './ipv6/destination-options.ts';
import { fragmentHeader } from './ipv6/fragment-header.ts';
import { hopByHopHeader } from './ipv6/hop-by-hop-header.ts';
import { listenerReport } from './ipv6/listener-report.ts';
import { neighbourAdvertisement } from './ipv6/neighbour-advertisement.ts';
import { neighbourSolicitation } from './ipv6/neighbour-solicitation.ts';
import { redirect } from './ipv6/redirect.ts';
import { routerAdvertisement } from './ipv6/router-advertisement.ts';
import { routerSolicitation } from './ipv6/router-solicitation.ts';
import { routingHeader } from './ipv6/routing-header.ts';

export const ipv6: Group = {
  name: 'IPv6 frames',
  cases: [
    hopByHopHeader,
    routingHeader,
    destinationOptions,
    fragmentHeader,
    chainOfHeaders,
    routerAdvertisement,
    routerSolicitation,
    redirect,
    neighbourSolicitation,
    neighbourAdvertisement,
    listenerReport,
  ],
};
