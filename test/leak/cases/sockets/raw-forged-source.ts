import { SITE } from '../../../../lab/addresses.ts';
import { datagram } from '../../attempts/datagram.ts';
import { FORGED_IP } from '../../attempts/forged.ts';
import { written } from '../../attempts/raw.ts';
import type { Case } from '../../case.ts';

export const rawForgedSource: Case = {
  name: 'IPPROTO_RAW, forged source',
  why: 'rules that know a session by its address',
  source: '2.3 case 24',
  seenAt: 'wan',
  attempts: (_, mark) => [written(SITE.v4, datagram(FORGED_IP, SITE.v4, mark))],
};
