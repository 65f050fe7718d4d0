import { eachProtocolTo } from '../../attempts/each-protocol.ts';
import type { Case } from '../../case.ts';

export const publicIpv6: readonly Case[] = eachProtocolTo('2001:db8:113::80', {
  why: 'a public address of the family that is forgotten',
  source: 'facts 2.3; the address by RFC 3849',
});
