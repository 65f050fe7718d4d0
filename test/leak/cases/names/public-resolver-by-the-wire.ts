import { askUdp } from '../../attempts/name.ts';
import type { Case } from '../../case.ts';

export const publicResolverByTheWire: Case = {
  name: 'another public resolver, by the wire',
  why: 'a question can choose its interface',
  source: '2.3 case 6: on both interfaces',
  seenAt: 'wan',
  attempts: ({ device }, mark) => [askUdp('8.8.8.8', mark, { device, bind: true })],
};
