import { askUdp, BY_RULES, DOCKERS_RESOLVER, nameOf } from '../../attempts/name.ts';
import { hex } from '../../attempts/payload.ts';
import { dnsQuery } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const dockersResolverOtherQuestions: Case = {
  name: 'Docker’s resolver, other kinds of questions',
  why: 'TXT, AAAA, ANY and a name with capitals go where A records go',
  source: '2.3 case 21',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) =>
    [16, 28, 255].map((type) =>
      askUdp(DOCKERS_RESOLVER, mark, { bytes: hex(dnsQuery(nameOf(mark).toUpperCase(), 0x4b53, type)) }),
    ),
};
