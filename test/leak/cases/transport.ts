import type { Group } from '../case.ts';
import { dnsOverHttps } from './transport/dns-over-https.ts';
import { dnsOverTlsAndQuic } from './transport/dns-over-tls-and-quic.ts';
import { fragmentedUdp } from './transport/fragmented-udp.ts';
import { largeUdp } from './transport/large-udp.ts';
import { multipathTcp } from './transport/multipath-tcp.ts';
import { pingToTheVpnServer } from './transport/ping-to-the-vpn-server.ts';
import { pingWithoutRawSocket } from './transport/ping-without-raw-socket.ts';
import { privateClassA } from './transport/private-class-a.ts';
import { privateClassC } from './transport/private-class-c.ts';
import { publicIpv4 } from './transport/public-ipv4.ts';
import { publicIpv6 } from './transport/public-ipv6.ts';
import { tcpFastOpen } from './transport/tcp-fast-open.ts';
import { tcpToTheVpnServer } from './transport/tcp-to-the-vpn-server.ts';
import { udpFromTheSessionPort } from './transport/udp-from-the-session-port.ts';
import { udpToTheVpnServer } from './transport/udp-to-the-vpn-server.ts';
import { uniqueLocalIpv6 } from './transport/unique-local-ipv6.ts';

export const transport: Group = {
  name: 'transport',
  cases: [
    ...publicIpv4,
    ...privateClassA,
    ...privateClassC,
    ...publicIpv6,
    ...uniqueLocalIpv6,
    udpToTheVpnServer,
    tcpToTheVpnServer,
    pingToTheVpnServer,
    fragmentedUdp,
    largeUdp,
    pingWithoutRawSocket,
    dnsOverHttps,
    tcpFastOpen,
    multipathTcp,
    udpFromTheSessionPort,
    dnsOverTlsAndQuic,
  ],
};
