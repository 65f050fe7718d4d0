import { madeDevice, onTop } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const vlan: Case = madeDevice({
  type: 'vlan',
  subnet: 7,
  seenAt: 'neighbour',
  options: (at) => [...onTop(at, 'vlan'), 'id', '7'],
});
