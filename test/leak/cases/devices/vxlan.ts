import { madeDevice, tunnelToSite } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const vxlan: Case = madeDevice({
  type: 'vxlan',
  subnet: 1,
  seenAt: 'wan',
  options: (at) => [...tunnelToSite(at, 'vxlan'), 'id', '7', 'dstport', '4789'],
});
