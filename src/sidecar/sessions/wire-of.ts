import { addressOf } from '../../shared/ip.ts';
import { hostLinkName } from '../../shared/names.ts';
import type { Wire, WireNetwork } from '../plan/wire.ts';
import type { EndpointRecord } from '../store/records.ts';

/** The wire of an endpoint, as plans want it. */
export const toWire = (endpoint: EndpointRecord, network: WireNetwork): Wire => ({
  hostLink: hostLinkName(endpoint.id),
  link: endpoint.joined?.link ?? '',
  mac: endpoint.mac,
  ipv4: addressOf(endpoint.ipv4),
  ipv6: endpoint.ipv6 && addressOf(endpoint.ipv6),
  network,
});
