import { arp, BROADCAST, ETHERTYPE, ethernet, ipv4, PROTOCOL, TCP_FLAGS, tcp, udp } from '../bytes/build.ts';
import type { Group, Mark, Vantage } from '../case.ts';
import { below, data, datagram, datagram6, viaGateway } from './frame.ts';
import { SITE, SITE6, written } from './raw.ts';

const WHY = 'the proxy may go anywhere, so a session in the proxy’s name could, too';

const claim = (at: Vantage, ip: string, mark: Mark): Buffer =>
  ethernet(
    BROADCAST,
    at.mac,
    ETHERTYPE.arp,
    arp({ operation: 2, from: { mac: at.mac, ip }, to: { mac: BROADCAST, ip } }, data(mark)),
  );

/** In somebody else's name. */
export const spoofed: Group = {
  name: 'spoofed names',
  cases: [
    {
      name: 'IPPROTO_RAW, the proxy’s source',
      why: WHY,
      seenAt: 'wan',
      attempts: ({ proxy }, mark) => [
        written(
          SITE,
          ipv4(
            { from: proxy.ip4, to: SITE, protocol: PROTOCOL.udp },
            udp(proxy.ip4, SITE, { from: 4444, to: 1337 }, data(mark)),
          ),
        ),
      ],
    },
    below('the proxy’s source address to the site', WHY, 'wan', (at, mark) => [
      viaGateway(at, datagram(at.proxy.ip4, SITE, mark)),
    ]),
    below('the proxy’s source address and MAC to the site', WHY, 'wan', (at, mark) => [
      viaGateway(at, datagram(at.proxy.ip4, SITE, mark), ETHERTYPE.ipv4, at.proxy.mac),
      viaGateway(at, datagram6(at.proxy.ip6, SITE6, mark), ETHERTYPE.ipv6, at.proxy.mac),
    ]),
    below('the proxy’s source address to the neighbour, as its answer from port 443', WHY, 'neighbour', (at, mark) => [
      ethernet(
        at.neighbour.mac,
        at.mac,
        ETHERTYPE.ipv4,
        ipv4(
          { from: at.proxy.ip4, to: at.neighbour.ip4, protocol: PROTOCOL.tcp },
          tcp(at.proxy.ip4, at.neighbour.ip4, { from: 443, to: mark.port }, TCP_FLAGS.synAck, data(mark)),
        ),
      ),
    ]),
    below(
      'the gateway’s source address and MAC to the neighbour',
      'what the host says is believed',
      'neighbour',
      (at, mark) => [
        ethernet(at.neighbour.mac, at.gatewayMac, ETHERTYPE.ipv4, datagram(at.gateway4, at.neighbour.ip4, mark)),
      ],
    ),
    below(
      'ARP that takes the proxy’s address',
      'ARP spoofing: everyone’s traffic to the proxy',
      'neighbour',
      (at, mark) => [claim(at, at.proxy.ip4, mark)],
    ),
    below(
      'ARP that takes the neighbour’s address, and an announcement of the own',
      'ARP spoofing',
      'neighbour',
      (at, mark) => [claim(at, at.neighbour.ip4, mark), claim(at, at.ip4, mark)],
    ),
  ],
};
