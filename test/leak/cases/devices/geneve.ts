import { SITE } from '../../../../lab/addresses.ts';
import { madeDevice } from '../../attempts/made-device.ts';
import type { Case } from '../../case.ts';

export const geneve: Case = madeDevice({
  type: 'geneve',
  subnet: 6,
  seenAt: 'wan',
  options: () => ['type', 'geneve', 'id', '7', 'remote', SITE.v4],
});
