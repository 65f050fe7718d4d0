import { SITE } from '../../../lab/addresses.ts';
import type { Case, Place, Vantage } from '../case.ts';
import { udpTo } from './socket.ts';

export const IP = '/usr/bin/ip';

interface MadeDevice {
  /** As `ip link add … type` takes it. Where the kernel has none, the raw packets are tried all the same. */
  readonly type: string;
  /** Of its own subnet, another one a type. */
  readonly subnet: number;
  readonly seenAt: Place;
  /** Arguments of `ip link add`, after the name. */
  readonly options: (at: Vantage) => readonly string[];
}

/** A device on the wire with an address of its own; what is sent by it comes out of the wire in another shape. */
export function madeDevice({ type, subnet, seenAt, options }: MadeDevice): Case {
  const device = `lk${type}`;
  const peer = `10.255.${subnet}.2`;
  return {
    name: `a ${type} device on the wire`,
    why: 'interfaces and tunnels that a root inside makes: the lock knows names, the guard does not ask',
    source: 'issue 6',
    seenAt,
    deviceType: type,
    acts: (at) => [
      [IP, 'link', 'add', 'name', device, ...options(at)],
      [IP, 'address', 'add', `10.255.${subnet}.1/24`, 'dev', device],
      [IP, 'link', 'set', 'dev', device, 'up'],
      [IP, 'neigh', 'replace', peer, 'lladdr', at.neighbour.mac, 'dev', device, 'nud', 'permanent'],
    ],
    attempts: (_, mark) => [udpTo(peer, 1337, mark, { device, bind: true })],
  };
}

/** Options of a tunnel to the site, from the wire's address. */
export const tunnelToSite = ({ ip4, device }: Vantage, type: string): string[] => [
  ...['type', type, 'local', ip4, 'remote', SITE.v4, 'dev', device],
];

/** Options of a device on top of the wire. */
export const onTop = ({ device }: Vantage, type: string): string[] => ['link', device, 'type', type];
