import { byFrames } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ETHERTYPE, ethernet, igmp, ipv4, PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

/** RFC 2113. */
const ROUTER_ALERT = Buffer.from('94040000', 'hex');

export const igmpQuery: Case = {
  name: 'IGMP frames',
  why: 'a query makes every member answer',
  source: 'RFC 2236',
  seenAt: 'bridge',
  ...byFrames((at, mark) => [
    ethernet(
      '01:00:5e:00:00:01',
      at.mac,
      ETHERTYPE.ipv4,
      ipv4(
        { from: at.ip4, to: '224.0.0.1', protocol: PROTOCOL.igmp, options: ROUTER_ALERT },
        igmp(0x11, '0.0.0.0', data(mark)),
      ),
    ),
  ]),
};
