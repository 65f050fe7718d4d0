/** Frames by a packet socket. */
import { arp, BROADCAST, ETHERTYPE, ethernet } from '../bytes/build.ts';
import type { Attempt, Case, Mark, Vantage } from '../case.ts';
import { data, hex } from './payload.ts';

export const ALL_NODES_MAC = '33:33:00:00:00:01';

export const frame = ({ device }: Vantage, bytes: Buffer): Attempt => ({ op: 'frame', device, bytes: hex(bytes) });

/** They meet no rule in the container's own namespace: the guard is all there is. */
export const byFrames = (
  build: (at: Vantage, mark: Mark) => readonly Buffer[],
): Pick<Case, 'belowLock' | 'attempts'> => ({
  belowLock: true,
  attempts: (at, mark) => build(at, mark).map((bytes) => frame(at, bytes)),
});

export const viaGateway = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4, from = at.mac): Buffer =>
  ethernet(at.gatewayMac, from, type, packet);

export const toNeighbour = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4, from = at.mac): Buffer =>
  ethernet(at.neighbour.mac, from, type, packet);

export const toProxy = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4, from = at.mac): Buffer =>
  ethernet(at.proxy.mac, from, type, packet);

export const toEveryone = (at: Vantage, packet: Buffer, type = ETHERTYPE.ipv4): Buffer =>
  ethernet(BROADCAST, at.mac, type, packet);

/** Who has `host`'s address? */
export const arpRequest = (at: Vantage, host: { readonly mac: string; readonly ip4: string }, mark: Mark): Buffer =>
  toEveryone(
    at,
    arp({ operation: 1, from: { mac: at.mac, ip: at.ip4 }, to: { mac: host.mac, ip: host.ip4 } }, data(mark)),
    ETHERTYPE.arp,
  );

/** "`ip` is me": told to everyone, whoever it is. */
export const arpClaim = (at: Vantage, ip: string, mark: Mark): Buffer =>
  toEveryone(
    at,
    arp({ operation: 2, from: { mac: at.mac, ip }, to: { mac: BROADCAST, ip } }, data(mark)),
    ETHERTYPE.arp,
  );
