import { madeDevice, onTop } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const ipvlan: Case = madeDevice({
  type: 'ipvlan',
  subnet: 8,
  seenAt: 'neighbour',
  options: (at) => [...onTop(at, 'ipvlan'), 'mode', 'l2'],
});
