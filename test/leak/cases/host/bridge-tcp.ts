import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

/** 22 and 2375: what an attacker would try first. The suite's own listeners stand on 1337. */
export const bridgeTcp: readonly Case[] = [22, 443, 1337, 2375].map(
  (port): Case => ({
    name: `TCP to the bridge’s address, port ${port}`,
    why: 'from a session to what listens on the host',
    source: '2.3 case 25',
    seenAt: 'bridge',
    attempts: ({ gateway4 }, mark) => [tcpTo(gateway4, port, mark)],
  }),
);
