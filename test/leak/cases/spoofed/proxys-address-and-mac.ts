import { SITE } from '../../../../lab/addresses.ts';
import { datagram, datagram6 } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const proxysAddressAndMac: Case = {
  name: 'the proxy’s source address and MAC to the site',
  why: 'the proxy may go anywhere, so a session in the proxy’s name could, too',
  source: '2.3 case 24',
  seenAt: 'wan',
  ...byFrames((at, mark) => [
    viaGateway(at, datagram(at.proxy.ip4, SITE.v4, mark), ETHERTYPE.ipv4, at.proxy.mac),
    viaGateway(at, datagram6(at.proxy.ip6, SITE.v6, mark), ETHERTYPE.ipv6, at.proxy.mac),
  ]),
};
