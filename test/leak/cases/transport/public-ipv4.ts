import { eachProtocolTo } from '../../attempts/each-protocol.ts';
import type { Case } from '../../case.ts';

export const publicIpv4: readonly Case[] = eachProtocolTo('203.0.113.80', {
  why: 'a public address: the plainest leak there is',
  source: 'facts 2.3; Mullvad’s `send_guest_probes`; the address by RFC 5737',
});
