import { byFrames } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ETHERTYPE, ethernet, ipv6, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

const [OWN, SERVERS] = ['fe80::42:1', 'ff02::1:2'];
const SOLICIT = Buffer.from([1, 1, 2, 3]);

export const dhcpv6: Case = {
  name: 'DHCPv6',
  why: 'no client of ours asks, so nobody may',
  source: 'RFC 8415',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    ethernet(
      '33:33:00:01:00:02',
      at.mac,
      ETHERTYPE.ipv6,
      ipv6(OWN, SERVERS, PROTOCOL.udp, udp(OWN, SERVERS, { from: 546, to: 547 }, Buffer.concat([SOLICIT, data(mark)]))),
    ),
  ]),
};
