import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const kernelsArp: Case = {
  name: 'the kernel’s own ARP for an address of the network',
  why: 'what looks local goes past the tunnel; ARP tells everyone who asks for whom',
  source: 'TunnelCrack LocalNet, CVE-2023-36672',
  seenAt: 'neighbour',
  needs: ['the wire’s own MAC'],
  attempts: ({ nobody4 }, mark) => [udpTo(nobody4(mark), 1337, mark)],
};
