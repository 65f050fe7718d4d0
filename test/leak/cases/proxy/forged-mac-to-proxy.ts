import { segment } from '../../attempts/datagram.ts';
import { FORGED_MAC } from '../../attempts/forged.ts';
import { byFrames, toProxy } from '../../attempts/frame.ts';
import { ETHERTYPE } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const forgedMacToProxy: Case = {
  name: 'forged MAC to the proxy, port 443',
  why: 'the hole is for the session’s own MAC; another one would teach the bridge a lie',
  source: 'docs/security.md; 2.3 case 24',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [toProxy(at, segment(at.ip4, at.proxy.ip4, 443, mark), ETHERTYPE.ipv4, FORGED_MAC)]),
};
