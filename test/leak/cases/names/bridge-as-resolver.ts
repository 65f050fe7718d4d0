import { askTcp, askUdp } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const bridgeAsResolver: Case = {
  name: 'a resolver at the bridge’s address',
  why: 'libvirt, podman and many routers answer there',
  source: '2.3 case 6: every other resolver',
  seenAt: 'bridge',
  attempts: ({ gateway4 }, mark) => [askUdp(gateway4, mark), askTcp(gateway4, mark)],
};
