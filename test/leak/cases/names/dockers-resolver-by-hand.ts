import { BY_RULES, DOCKERS_RESOLVER, query } from '../../attempts/name.ts';
import { written } from '../../attempts/raw.ts';
import { ipv4, PROTOCOL, udp } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const dockersResolverByHand: Case = {
  name: 'Docker’s resolver, by a packet written by hand',
  why: 'IPPROTO_RAW: no socket of UDP’s that anybody could close',
  source: 'facts E1',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [
    written(
      DOCKERS_RESOLVER,
      ipv4(
        { from: '127.0.0.1', to: DOCKERS_RESOLVER, protocol: PROTOCOL.udp },
        udp('127.0.0.1', DOCKERS_RESOLVER, { from: 4453, to: 53 }, query(mark)),
      ),
    ),
  ],
};
