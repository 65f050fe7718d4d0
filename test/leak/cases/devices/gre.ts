import { madeDevice, tunnelToSite } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const gre: Case = madeDevice({
  type: 'gre',
  subnet: 2,
  seenAt: 'wan',
  options: (at) => tunnelToSite(at, 'gre'),
});
