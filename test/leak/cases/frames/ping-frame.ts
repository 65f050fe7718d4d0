import { SITE } from '../../../../lab/addresses.ts';
import { byFrames, viaGateway } from '../../attempts/frame.ts';
import { data } from '../../attempts/payload.ts';
import { echo, ipv4, PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const pingFrame: Case = {
  name: 'ping to the site by the gateway’s MAC',
  why: 'packet sockets meet no rule inside',
  source: 'facts E1',
  seenAt: 'wan',
  ...byFrames((at, mark) => [
    viaGateway(at, ipv4({ from: at.ip4, to: SITE.v4, protocol: PROTOCOL.icmp }, echo(data(mark)))),
  ]),
};
