import { address6, ETHERTYPE, ethernet, icmp6, PROTOCOL, ipv6 as packet, udp } from '../bytes/build.ts';
import type { Case, Group, Mark, Vantage } from '../case.ts';
import { ALL_NODES_MAC, below, data, viaGateway } from './frame.ts';
import { SITE6 } from './raw.ts';

const ROUTER = 'fe80::42:1';
const ALL_NODES = 'ff02::1';
const CASE_20 = '2.3 case 20: a session as everyone’s router';

/** Neighbour discovery to the whole link, as from `from`. */
const announce = (at: Vantage, from: string, type: number, body: Buffer): Buffer =>
  ethernet(
    ALL_NODES_MAC,
    at.mac,
    ETHERTYPE.ipv6,
    packet(from, ALL_NODES, PROTOCOL.icmp6, icmp6(from, ALL_NODES, type, body), 255),
  );

/** "Override": whoever hears it forgets what it knew. */
const advertisement = (target: string, mark: Mark): Buffer =>
  Buffer.concat([Buffer.from('20000000', 'hex'), address6(target), data(mark)]);

/** Headers of 8 bytes, each followed by a datagram to the site. */
const EXTENSIONS: readonly (readonly [string, number, readonly string[]])[] = [
  ['a hop-by-hop header', 0, ['1100010400000000']],
  ['a routing header', 43, ['1100040000000000']],
  ['destination options', 60, ['1100010400000000']],
  ['a fragment header', 44, ['1100000000004b53']],
  ['a chain of headers', 0, ['3c00010400000000', '3c00010400000000', '1100010400000000']],
];

const extended: Case[] = EXTENSIONS.map(([name, next, headers]) =>
  below(`IPv6 with ${name}`, 'rules that read the first next-header only', 'wan', (at, mark) => [
    viaGateway(
      at,
      packet(
        at.ip6,
        SITE6,
        next,
        Buffer.concat([
          ...headers.map((header) => Buffer.from(header, 'hex')),
          udp(at.ip6, SITE6, { from: 4444, to: 1337 }, data(mark)),
        ]),
      ),
      ETHERTYPE.ipv6,
    ),
  ]),
);

export const ipv6: Group = {
  name: 'IPv6 frames',
  cases: [
    ...extended,
    below('router advertisement', CASE_20, 'neighbour', (at, mark) => [
      announce(at, ROUTER, 134, Buffer.concat([Buffer.from('400007080000000000000000', 'hex'), data(mark)])),
    ]),
    below('router solicitation', 'tells who is there', 'neighbour', (at, mark) => [
      announce(at, ROUTER, 133, Buffer.concat([Buffer.alloc(4), data(mark)])),
    ]),
    below('redirect', 'RFC 4861 8: "your router is me"', 'neighbour', (at, mark) => [
      announce(
        at,
        ROUTER,
        137,
        Buffer.concat([Buffer.alloc(4), address6(at.neighbour.ip6), address6(SITE6), data(mark)]),
      ),
    ]),
    below('neighbour solicitation for the neighbour', '2.3 case 24: NDP', 'neighbour', (at, mark) => [
      announce(at, at.ip6, 135, Buffer.concat([Buffer.alloc(4), address6(at.neighbour.ip6), data(mark)])),
    ]),
    below(
      'neighbour advertisement of the gateway’s, the proxy’s and the own address',
      'ARP spoofing, in IPv6; of its own the lock lets one pass, which Docker 28 sends',
      'neighbour',
      (at, mark) =>
        [at.gateway6, at.proxy.ip6, at.ip6].map((target) => announce(at, at.ip6, 136, advertisement(target, mark))),
    ),
    below('multicast listener report', 'RFC 3810', 'neighbour', (at, mark) => [
      announce(at, ROUTER, 143, Buffer.concat([Buffer.alloc(4), data(mark)])),
    ]),
  ],
};
