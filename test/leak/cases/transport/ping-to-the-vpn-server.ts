import { gatewayAddresses } from '../../../../lab/addresses.ts';
import { pingTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const pingToTheVpnServer: Case = {
  name: 'ping to the VPN server',
  why: 'an exception for the server that names its address and nothing else',
  source: 'the documented rows R60 and R63 (src/sidecar/plan/lock.ts)',
  seenAt: 'wan',
  attempts: (at, mark) => [pingTo(gatewayAddresses(1).v4, at, mark)],
};
