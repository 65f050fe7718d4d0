import { byFrames, toEveryone } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ipv4, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

const [NOBODY, EVERYBODY] = ['0.0.0.0', '255.255.255.255'];
const DISCOVER = Buffer.from([1, 1, 6, 0]);

export const dhcp: Case = {
  name: 'DHCP',
  why: 'no client of ours asks, so nobody may',
  source: 'RFC 2131',
  seenAt: 'neighbour',
  ...byFrames((at, mark) => [
    toEveryone(
      at,
      ipv4(
        { from: NOBODY, to: EVERYBODY, protocol: PROTOCOL.udp },
        udp(NOBODY, EVERYBODY, { from: 68, to: 67 }, Buffer.concat([DISCOVER, data(mark)])),
      ),
    ),
  ]),
};
