import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { hex } from '../../attempts/payload.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const tunnelsByUdp: Case = {
  name: 'tunnels that need no privilege: VXLAN, GENEVE, Teredo, L2TP, WireGuard by UDP',
  why: 'any process can write a tunnel’s packets into a UDP socket',
  source: 'issue 6; RFC 7348, 8926, 4380, 2661',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) =>
    [4789, 6081, 3544, 1701, 51820].map((port) =>
      udpTo(SITE.v4, port, mark, {
        bytes: hex(Buffer.concat([Buffer.from('0800000000000700', 'hex'), datagram(ip4, SITE.v4, mark)])),
      }),
    ),
};
