import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { byFrames, toEveryone } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import type { Case } from '../../case.ts';

const after = (header: string, ...rest: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(header, 'hex'), ...rest]);

export const pppoeEapolMplsLlc: Case = {
  name: 'PPPoE, EAPOL, MPLS, LLC',
  why: 'rules that know IP and ARP only',
  source: 'facts E1; RFC 2516, IEEE 802.1X, RFC 3032, IEEE 802.2',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(at, after('110000010020', data(mark)), 0x8864),
    toEveryone(at, data(mark), 0x888e),
    toEveryone(at, after('00001140', datagram(at.ip4, SITE.v4, mark)), 0x8847),
    toEveryone(at, after('aaaa03', data(mark), Buffer.alloc(37)), 0x0040), // below 0x600 it is a length
  ]),
};
