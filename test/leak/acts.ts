import type { Act, Vantage } from './case.ts';

/** Commands of a root inside, before the probes, and the device by which the probes go then. */
export type Acts = (at: Vantage) => { readonly acts: readonly Act[]; readonly device?: string; readonly mac?: string };

const IP = '/usr/bin/ip';
const NFT = '/usr/sbin/nft';
const IPTABLES = ['/usr/sbin/xtables-nft-multi', 'iptables'];
const IP6TABLES = ['/usr/sbin/xtables-nft-multi', 'ip6tables'];

/** A default route by the wire, and everyone's MAC address, so that nothing has to wait for an answer to ARP. */
function routeBy(device: string, at: Vantage): Act[] {
  const known: [string, string][] = [
    [at.gateway4, at.gatewayMac],
    [at.gateway6, at.gatewayMac],
    ...[at.neighbour, at.proxy].flatMap(({ ip4, ip6, mac }): [string, string][] => [
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

const forgetRules: Act[] = ['-4', '-6'].flatMap((family) => [
  [IP, family, 'rule', 'flush'],
  [IP, family, 'rule', 'add', 'priority', '32766', 'lookup', 'main'],
]);

/** The lock lets pass what leaves by a tunnel's device: so the wire takes a tunnel's name. */
export const wireAsTunnel: Acts = (at) => ({
  device: 'tun0',
  acts: [
    [IP, 'link', 'set', 'dev', at.device, 'down'],
    [IP, 'link', 'set', 'dev', at.device, 'name', 'tun0'],
    [IP, 'link', 'set', 'dev', 'tun0', 'up'],
    ...forgetRules,
    ...routeBy('tun0', at),
  ],
});

/** Docker's own rules, in the table nat, stay: they lead to its resolver. */
const OWN_TABLES = ['raw', 'mangle', 'filter'];

/** The lock and nothing else: where it led out by the tunnel, it still leads there. */
export const flushTheLock: Acts = () => ({
  acts: [IPTABLES, IP6TABLES].flatMap((program) => [
    ...OWN_TABLES.map((table) => [...program, '-t', table, '-F']),
    ...['mangle', 'filter'].flatMap((table) =>
      ['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => [...program, '-t', table, '-P', chain, 'ACCEPT']),
    ),
  ]),
});

/** Flushes what can be flushed, whatever the wire is called by now. */
const flushEverything: Act[] = [
  ...[IPTABLES, IP6TABLES].flatMap((program) => [...OWN_TABLES, 'nat'].map((table) => [...program, '-t', table, '-F'])),
  [NFT, 'flush', 'ruleset'],
  ...['wg', 'tun0'].map((device) => [IP, 'link', 'set', 'dev', device, 'down']),
  [IP, 'route', 'flush', 'table', '51820'],
  [IP, '-6', 'route', 'flush', 'table', '51820'],
  ...forgetRules,
];

/** All that a root with NET_ADMIN can do to the lock and the routes. */
export const tearDown: Acts = (at) => ({
  acts: [
    ...flushEverything,
    [IP, 'address', 'add', `${at.ip4.replace(/\.\d+$/, '.250')}/16`, 'dev', at.device],
    ...routeBy(at.device, at),
  ],
});

/** After `tearDown`: a device of their own on top of the wire, with an address and a MAC of its own. */
export const ownDevice: Acts = (at) => ({
  device: 'own0',
  acts: [
    ...tearDown(at).acts,
    [IP, 'link', 'add', 'link', at.device, 'name', 'own0', 'type', 'macvlan', 'mode', 'bridge'],
    [IP, 'address', 'add', at.ip4.replace(/\.\d+$/, '.251/16'), 'dev', 'own0'],
    [IP, 'link', 'set', 'dev', 'own0', 'up'],
    ...routeBy('own0', at),
  ],
});

const OTHER_MAC = '02:42:de:ad:00:01';

/** After `tearDown`: the wire itself with another MAC address. */
export const moveTheMac: Acts = (at) => ({
  mac: OTHER_MAC,
  acts: [
    ...tearDown(at).acts,
    [IP, 'link', 'set', 'dev', at.device, 'down'],
    [IP, 'link', 'set', 'dev', at.device, 'address', OTHER_MAC],
    [IP, 'link', 'set', 'dev', at.device, 'up'],
    ...routeBy(at.device, at),
  ],
});

/** In a namespace that the attacker has made, and into which the wire was moved: no lock was ever here. */
export const settleIn: Acts = (at) => ({
  acts: [
    [IP, 'link', 'set', 'dev', 'lo', 'up'],
    [IP, 'address', 'add', `${at.ip4}/16`, 'dev', at.device],
    [IP, 'link', 'set', 'dev', at.device, 'up'],
    ...routeBy(at.device, at),
  ],
});
