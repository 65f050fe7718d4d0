import { byFrames } from '../../attempts/frame.ts';
import { announce } from '../../attempts/neighbour-discovery.ts';
import { data } from '../../attempts/payload.ts';
import { address6 } from '../../bytes/build.ts';
import type { Case, Mark } from '../../case.ts';

/** "Override": whoever hears it forgets what it knew. */
const advertisement = (target: string, mark: Mark): Buffer =>
  Buffer.concat([Buffer.from('20000000', 'hex'), address6(target), data(mark)]);

export const neighbourAdvertisement: Case = {
  name: 'neighbour advertisement of the gateway’s, the proxy’s and the own address',
  why: 'ARP spoofing, in IPv6; of its own the lock lets one pass, which Docker 28 sends',
  source: '2.3 case 24; RFC 4861 4.4',
  seenAt: 'neighbour',
  ...byFrames((at, mark) =>
    [at.gateway6, at.proxy.ip6, at.ip6].map((target) => announce(at, at.ip6, 136, advertisement(target, mark))),
  ),
};
