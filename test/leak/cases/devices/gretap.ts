import { madeDevice, tunnelToSite } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const gretap: Case = madeDevice({
  type: 'gretap',
  subnet: 3,
  seenAt: 'wan',
  options: (at) => tunnelToSite(at, 'gretap'),
});
