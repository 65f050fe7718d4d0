import { tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const neighbourTcpAndUdp: readonly Case[] = [53, 443, 1337].map(
  (port): Case => ({
    name: `TCP and UDP to the neighbour, port ${port}`,
    why: 'from one session to another',
    source: '2.3 case 24',
    seenAt: 'neighbour',
    attempts: ({ neighbour: { ip4 } }, mark) => [tcpTo(ip4, port, mark), udpTo(ip4, port, mark)],
  }),
);
