import type { Case, Group, Place, Vantage } from '../case.ts';
import { SITE } from './raw.ts';
import { udpTo } from './transport.ts';

const IP = '/usr/bin/ip';
const NFT = '/usr/sbin/nft';
const TEE = ['/usr/sbin/xtables-nft-multi', 'iptables', '-t', 'mangle', '-I', 'OUTPUT', '1'];

const WHY = 'issue 6: interfaces and tunnels that a root inside makes; the lock knows names, the guard does not ask';

/** A device of `type` on the wire with an address of its own; what is sent by it comes out of the wire in another shape. */
function madeBy(n: number, type: string, seenAt: Place, options: (at: Vantage) => readonly string[]): Case {
  const device = `lk${type}`;
  const peer = `10.255.${n}.2`;
  return {
    name: `a ${type} device on the wire`,
    why: WHY,
    seenAt,
    deviceType: type,
    acts: (at) => [
      [IP, 'link', 'add', 'name', device, ...options(at)],
      [IP, 'address', 'add', `10.255.${n}.1/24`, 'dev', device],
      [IP, 'link', 'set', 'dev', device, 'up'],
      [IP, 'neigh', 'replace', peer, 'lladdr', at.neighbour.mac, 'dev', device, 'nud', 'permanent'],
    ],
    attempts: (_, mark) => [udpTo(peer, 1337, mark, { device, bind: true })],
  };
}

const toSite =
  (type: string, ...more: readonly string[]) =>
  (at: Vantage): string[] => ['type', type, 'local', at.ip4, 'remote', SITE, 'dev', at.device, ...more];
const onTop =
  (type: string, ...more: readonly string[]) =>
  (at: Vantage): string[] => ['link', at.device, 'type', type, ...more];

/** GRE and its like are no devices on this kernel; `ip link add` decides, and the raw packets are tried everywhere. */
const made: Case[] = [
  madeBy(1, 'vxlan', 'wan', (at) => [...toSite('vxlan')(at), 'id', '7', 'dstport', '4789']),
  madeBy(2, 'gre', 'wan', toSite('gre')),
  madeBy(3, 'gretap', 'wan', toSite('gretap')),
  madeBy(4, 'ipip', 'wan', toSite('ipip')),
  madeBy(5, 'sit', 'wan', toSite('sit', 'mode', 'any')),
  madeBy(6, 'geneve', 'wan', () => ['type', 'geneve', 'id', '7', 'remote', SITE]),
  madeBy(7, 'vlan', 'neighbour', onTop('vlan', 'id', '7')),
  madeBy(8, 'ipvlan', 'neighbour', onTop('ipvlan', 'mode', 'l2')),
  madeBy(9, 'macvlan', 'neighbour', onTop('macvlan', 'mode', 'bridge')),
];

const NETDEV = ['netdev', 'lk'];

const copies: Case[] = [
  {
    name: 'nft fwd of loopback’s packets to the gateway',
    why: 'a hook behind the lock: what loopback may carry is handed to the wire',
    seenAt: 'bridge',
    belowLock: true,
    acts: ({ gateway4, gatewayMac, device }) => [
      [IP, 'neigh', 'replace', gateway4, 'lladdr', gatewayMac, 'dev', device, 'nud', 'permanent'],
      [NFT, 'add', 'table', ...NETDEV],
      [NFT, 'add', 'chain', ...NETDEV, 'back', '{ type filter hook ingress device "lo" priority 0; }'],
      [
        NFT,
        'add',
        'rule',
        ...NETDEV,
        'back',
        ...`meta protocol ip udp dport 4977 fwd ip to ${gateway4} device ${device}`.split(' '),
      ],
    ],
    attempts: (_, mark) => [udpTo('127.0.0.77', 4977, mark)],
  },
  {
    name: 'iptables TEE of loopback’s packets to the gateway',
    why: 'a copy of what may pass, sent elsewhere',
    seenAt: 'bridge',
    acts: ({ gateway4 }) => [[...TEE, '-d', '127.0.0.79', '-p', 'udp', '-j', 'TEE', '--gateway', gateway4]],
    attempts: (_, mark) => [udpTo('127.0.0.79', 4979, mark)],
  },
];

export const devices: Group = { name: 'a root’s own devices', cases: [...made, ...copies] };
