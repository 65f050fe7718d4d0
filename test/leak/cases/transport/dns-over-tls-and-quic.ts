import { RESOLVER, SITE } from '../../../../lab/addresses.ts';
import { tcpTo, udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const dnsOverTlsAndQuic: Case = {
  name: 'DoT and QUIC',
  why: 'names by TLS, to the host’s resolver',
  source: 'facts 2.2; RFC 7858, 9250, 9000',
  seenAt: 'wan',
  attempts: (_, mark) => [tcpTo(RESOLVER.v4, 853, mark), udpTo(RESOLVER.v4, 853, mark), udpTo(SITE.v4, 443, mark)],
};
