import { SITE } from '../../../../lab/addresses.ts';
import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const soBindtodevice: Case = {
  name: 'SO_BINDTODEVICE',
  why: 'routes are no kill switch; it needs no capability since Linux 5.7',
  source: 'facts E4',
  seenAt: 'wan',
  attempts: (at, mark) => {
    const byWire = { device: at.device, bind: true };
    return [udpTo(SITE.v4, 1337, mark, byWire), tcpTo(SITE.v4, 443, mark, byWire), pingTo(SITE.v4, at, mark, byWire)];
  },
};
