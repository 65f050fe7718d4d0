import type { Group } from '../case.ts';
import { bridgeAsResolver } from './names/bridge-as-resolver.ts';
import { dockersResolverByHand } from './names/dockers-resolver-by-hand.ts';
import { dockersResolverByIpv6 } from './names/dockers-resolver-by-ipv6.ts';
import { dockersResolverByItsRealPorts } from './names/dockers-resolver-by-its-real-ports.ts';
import { dockersResolverFromLoopback } from './names/dockers-resolver-from-loopback.ts';
import { dockersResolverOtherQuestions } from './names/dockers-resolver-other-questions.ts';
import { dockersResolverTcp } from './names/dockers-resolver-tcp.ts';
import { dockersResolverUdp } from './names/dockers-resolver-udp.ts';
import { dockersResolverWithAMark } from './names/dockers-resolver-with-a-mark.ts';
import { hostsResolverTcp } from './names/hosts-resolver-tcp.ts';
import { hostsResolverUdp } from './names/hosts-resolver-udp.ts';
import { publicResolverByTheWire } from './names/public-resolver-by-the-wire.ts';
import { systemResolver } from './names/system-resolver.ts';

export const names: Group = {
  name: 'names',
  cases: [
    systemResolver,
    dockersResolverUdp,
    dockersResolverTcp,
    dockersResolverByIpv6,
    dockersResolverFromLoopback,
    dockersResolverWithAMark,
    dockersResolverOtherQuestions,
    dockersResolverByHand,
    dockersResolverByItsRealPorts,
    hostsResolverUdp,
    hostsResolverTcp,
    publicResolverByTheWire,
    bridgeAsResolver,
  ],
};
