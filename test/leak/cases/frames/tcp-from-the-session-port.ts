import { SITE } from '../../../../lab/addresses.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { ipv4, PROTOCOL, TCP_FLAGS, tcp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const tcpFromTheSessionPort: Case = {
  name: 'TCP from the session’s port, by the gateway’s MAC',
  why: 'rules that know a reply by its port, and frames that meet no rule inside',
  source: 'facts E1; facts 8, must have 2',
  seenAt: 'wan',
  ...byFrames((at, mark) =>
    [TCP_FLAGS.syn, TCP_FLAGS.synAck, TCP_FLAGS.rst, TCP_FLAGS.pushAck].map((flags) =>
      viaGateway(
        at,
        ipv4(
          { from: at.ip4, to: SITE.v4, protocol: PROTOCOL.tcp },
          tcp(at.ip4, SITE.v4, { from: 443, to: mark.port }, flags, data(mark)),
        ),
      ),
    ),
  ),
};
