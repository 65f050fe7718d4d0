import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const dnsOverHttps: Case = {
  name: 'DNS by HTTPS to public resolvers',
  why: 'names by a way that no rule for port 53 sees',
  source: 'facts 2.2; RFC 8484',
  seenAt: 'wan',
  attempts: (_, mark) => [tcpTo('1.1.1.1', 443, mark), tcpTo('2606:4700:4700::1111', 443, mark)],
};
