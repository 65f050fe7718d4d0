import { raw6To } from '../../attempts/raw.ts';
import { PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const protocolsOverIpv6: Case = {
  name: 'GRE, IP in IP, SCTP, ESP over IPv6',
  why: 'rules that know TCP, UDP and ICMP only, in the family that is forgotten',
  source: '2.3 case 17',
  seenAt: 'wan',
  attempts: (_, mark) => [
    raw6To(PROTOCOL.gre, mark, '00000800'),
    raw6To(PROTOCOL.ipip, mark),
    raw6To(PROTOCOL.sctp, mark, '115c053900000000000000000000000c'),
    raw6To(PROTOCOL.esp, mark, '0101010101010101'),
  ],
};
