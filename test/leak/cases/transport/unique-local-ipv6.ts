import { eachProtocolTo } from '../../attempts/each-protocol.ts';
import type { Case } from '../../case.ts';

export const uniqueLocalIpv6: readonly Case[] = eachProtocolTo('fd00:dead::1', {
  why: 'a private address of the family that is forgotten',
  source: 'facts 2.3; the address by RFC 4193',
});
