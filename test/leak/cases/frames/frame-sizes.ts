import { datagram } from '../../attempts/datagram.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import type { Case } from '../../case.ts';

export const frameSizes: Case = {
  name: 'a frame of 60 bytes and one of 1514',
  why: 'padding and size',
  source: 'IEEE 802.3',
  seenAt: 'bridge',
  ...byFrames((at, mark) => {
    const packet = datagram(at.ip4, at.gateway4, mark);
    return [viaGateway(at, packet), viaGateway(at, Buffer.concat([packet, Buffer.alloc(1400)]))];
  }),
};
