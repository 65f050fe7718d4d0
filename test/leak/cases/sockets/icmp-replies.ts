import { data } from '../../attempts/payload.ts';
import { rawTo } from '../../attempts/raw.ts';
import { echo, PROTOCOL } from '../../bytes/build.ts';
import type { Case } from '../../case.ts';

export const icmpReplies: Case = {
  name: 'ICMP errors and replies nobody asked for',
  why: '`RELATED` and `echo-reply` are open in many rule sets',
  source: 'RFC 792',
  seenAt: 'wan',
  attempts: (_, mark) => [0, 3, 13].map((type) => rawTo(PROTOCOL.icmp, mark, echo(data(mark), type))),
};
