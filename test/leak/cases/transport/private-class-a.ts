import { eachProtocolTo } from '../../attempts/each-protocol.ts';
import type { Case } from '../../case.ts';

export const privateClassA: readonly Case[] = eachProtocolTo('10.200.0.1', {
  why: 'a private address: clients leave out of their tunnel what looks local',
  source: 'facts 2.3; TunnelCrack LocalNet, CVE-2023-36672; the address by RFC 1918',
});
