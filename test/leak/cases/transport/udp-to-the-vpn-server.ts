import { gatewayAddresses, OPENVPN_PORT, WIREGUARD_PORT } from '../../../../lab/addresses.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

export const udpToTheVpnServer: Case = {
  name: 'cleartext UDP to the VPN server’s own address and port',
  why: 'an exception for the server is open to all',
  source: 'Mullvad MUL-02-002, "Port Fail"; TunnelCrack ServerIP, CVE-2023-36673',
  seenAt: 'wan',
  attempts: (_, mark) => [WIREGUARD_PORT, OPENVPN_PORT].map((port) => udpTo(gatewayAddresses(1).v4, port, mark)),
};
