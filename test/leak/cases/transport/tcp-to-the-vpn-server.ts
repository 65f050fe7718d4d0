import { gatewayAddresses } from '../../../../lab/addresses.ts';
import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const tcpToTheVpnServer: Case = {
  name: 'TCP to the VPN server’s own address',
  why: 'an exception for the server that names its address and nothing else',
  source: 'the documented rows R60 and R63 (src/sidecar/plan/lock.ts)',
  seenAt: 'wan',
  attempts: (_, mark) => [tcpTo(gatewayAddresses(1).v4, 443, mark)],
};
