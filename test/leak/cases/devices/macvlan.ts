import { madeDevice, onTop } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const macvlan: Case = madeDevice({
  type: 'macvlan',
  subnet: 9,
  seenAt: 'neighbour',
  options: (at) => [...onTop(at, 'macvlan'), 'mode', 'bridge'],
});
