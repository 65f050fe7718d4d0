import type { Attacker } from './attacker.ts';
import type { Acts } from './volley.ts';

const IP = '/usr/bin/ip';
const NFT = '/usr/sbin/nft';
const IPTABLES = ['/usr/sbin/xtables-nft-multi', 'iptables'];
const IP6TABLES = ['/usr/sbin/xtables-nft-multi', 'ip6tables'];

/** A default route by the wire, and everyone's MAC address, so that nothing has to wait for an answer to ARP. */
function routeBy(device: string, { at, network }: Attacker): string[][] {
  const known: [string, string][] = [
    [at.gateway4, at.gatewayMac],
    [at.gateway6, at.gatewayMac],
    ...[network.neighbour, network.proxy].flatMap(({ ip4, ip6, mac }): [string, string][] => [
      [ip4, mac],
      [ip6, mac],
    ]),
  ];
  return [
    [IP, 'address', 'replace', `${at.ip6}/64`, 'dev', device, 'nodad'],
    ...known.map(([address, mac]) => [
      IP,
      'neigh',
      'replace',
      address,
      'lladdr',
      mac,
      'dev',
      device,
      'nud',
      'permanent',
    ]),
    [IP, 'route', 'replace', 'default', 'via', at.gateway4, 'dev', device, 'onlink'],
    [IP, '-6', 'route', 'replace', 'default', 'via', at.gateway6, 'dev', device, 'onlink'],
  ];
}

const forgetRules: string[][] = ['-4', '-6'].flatMap((family) => [
  [IP, family, 'rule', 'flush'],
  [IP, family, 'rule', 'add', 'priority', '32766', 'lookup', 'main'],
]);

/** The lock lets pass what leaves by a tunnel's device: so the wire takes a tunnel's name. */
export const callTheWireATunnel: Acts = (attacker) => {
  const { device } = attacker.at;
  return {
    device: 'tun0',
    acts: [
      [IP, 'link', 'set', 'dev', device, 'down'],
      [IP, 'link', 'set', 'dev', device, 'name', 'tun0'],
      [IP, 'link', 'set', 'dev', 'tun0', 'up'],
      ...forgetRules,
      ...routeBy('tun0', attacker),
    ],
  };
};

/** Flushes what can be flushed, whatever the wire is called by now. */
const flushEverything: string[][] = [
  ...[IPTABLES, IP6TABLES].flatMap((program) =>
    ['raw', 'mangle', 'nat', 'filter'].map((table) => [...program, '-t', table, '-F']),
  ),
  [NFT, 'flush', 'ruleset'],
  [IP, 'link', 'set', 'dev', 'wg', 'down'],
  [IP, 'route', 'flush', 'table', '51820'],
  [IP, '-6', 'route', 'flush', 'table', '51820'],
  ...forgetRules,
];

/** All that a root with NET_ADMIN can do to the lock and the routes. */
export const tearDown: Acts = (attacker) => {
  const { device, ip4 } = attacker.at;
  const second = ip4.replace(/\.\d+$/, '.250');
  return {
    acts: [...flushEverything, [IP, 'address', 'add', `${second}/16`, 'dev', device], ...routeBy(device, attacker)],
  };
};

/** After `tearDown`: a device of their own on top of the wire, with an address and a MAC of its own. */
export const ownDevice: Acts = (attacker) => {
  const { device } = attacker.at;
  return {
    device: 'own0',
    acts: [
      [IP, 'link', 'add', 'link', device, 'name', 'own0', 'type', 'macvlan', 'mode', 'bridge'],
      [IP, 'address', 'add', attacker.at.ip4.replace(/\.\d+$/, '.251/16'), 'dev', 'own0'],
      [IP, 'link', 'set', 'dev', 'own0', 'up'],
      ...routeBy('own0', attacker),
    ],
  };
};
