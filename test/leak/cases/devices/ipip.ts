import { madeDevice, tunnelToSite } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const ipip: Case = madeDevice({
  type: 'ipip',
  subnet: 4,
  seenAt: 'wan',
  options: (at) => tunnelToSite(at, 'ipip'),
});
