import { askUdp, BY_RULES, DOCKERS_RESOLVER } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const dockersResolverByIpv6: Case = {
  name: 'Docker’s resolver, by an IPv6 socket',
  why: '::ffff:127.0.0.11 is the same place under another family’s name',
  source: 'RFC 4291 2.5.5.2',
  seenAt: 'loopback',
  ...BY_RULES,
  attempts: (_, mark) => [askUdp(`::ffff:${DOCKERS_RESOLVER}`, mark)],
};
