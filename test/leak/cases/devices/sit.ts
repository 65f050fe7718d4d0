import { madeDevice, tunnelToSite } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const sit: Case = madeDevice({
  type: 'sit',
  subnet: 5,
  seenAt: 'wan',
  options: (at) => [...tunnelToSite(at, 'sit'), 'mode', 'any'],
});
