import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

const TEE = ['/usr/sbin/xtables-nft-multi', 'iptables', '-t', 'mangle', '-I', 'OUTPUT', '1'];

export const iptablesTee: Case = {
  name: 'iptables TEE of loopback’s packets to the gateway',
  why: 'a copy of what may pass, sent elsewhere',
  source: 'issue 6; iptables-extensions(8)',
  seenAt: 'bridge',
  acts: ({ gateway4 }) => [[...TEE, '-d', '127.0.0.79', '-p', 'udp', '-j', 'TEE', '--gateway', gateway4]],
  attempts: (_, mark) => [udpTo('127.0.0.79', 4979, mark)],
};
