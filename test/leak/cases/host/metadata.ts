import { pingTo, tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const metadata: readonly Case[] = ['169.254.169.254', 'fd00:ec2::254'].map(
  (to): Case => ({
    name: `the clouds’ metadata address ${to}`,
    why: 'whoever reaches it is the host to the cloud, credentials included',
    source: '2.3 case 25',
    seenAt: 'bridge',
    attempts: (at, mark) => [tcpTo(to, 80, mark), udpTo(to, 1337, mark), pingTo(to, at, mark)],
  }),
);
