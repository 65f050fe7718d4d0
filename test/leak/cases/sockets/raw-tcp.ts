import { SITE } from '../../../../lab/addresses.ts';
import { data } from '../../attempts/payload.ts';
import { written } from '../../attempts/raw.ts';
import { ipv4, PROTOCOL, TCP_FLAGS, tcp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const rawTcp: Case = {
  name: 'TCP SYN and ACK with data, written by hand',
  why: 'no socket, no connection that conntrack would know',
  source: 'facts E1',
  seenAt: 'wan',
  attempts: ({ ip4 }, mark) =>
    [TCP_FLAGS.syn, TCP_FLAGS.pushAck, TCP_FLAGS.synAck].map((flags) =>
      written(
        SITE.v4,
        ipv4(
          { from: ip4, to: SITE.v4, protocol: PROTOCOL.tcp },
          tcp(ip4, SITE.v4, { from: 4443, to: 443 }, flags, data(mark)),
        ),
      ),
    ),
};
