import { SITE } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const soBindtodeviceIpv6: Case = {
  name: 'SO_BINDTODEVICE, IPv6',
  why: 'routes are no kill switch, in the family that is forgotten',
  source: 'facts E4',
  seenAt: 'wan',
  attempts: ({ device }, mark) => [udpTo(SITE.v6, 1337, mark, { device, bind: true })],
};
