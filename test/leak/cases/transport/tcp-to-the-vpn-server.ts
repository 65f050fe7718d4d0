import { gatewayAddresses, OPENVPN_PORT } from '../../../../lab/addresses.ts';
import { tcpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const tcpToTheVpnServer: Case = {
  name: 'TCP to the VPN server’s own address',
  why: 'an exception for the server is open to all, or names its address and nothing else',
  source: 'Mullvad MUL-02-002, "Port Fail"; the documented rows R60 and R63 (src/sidecar/plan/lock.ts)',
  seenAt: 'wan',
  attempts: (_, mark) => [443, OPENVPN_PORT].map((port) => tcpTo(gatewayAddresses(1).v4, port, mark)),
};
