import { ADDRCONFIG, lookup } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { EgressError } from '../../shared/errors.ts';
import { isIp } from '../../shared/ip.ts';
import { ownAddresses } from '../host/own-addresses.ts';
import { isLiteral, type PeerEndpoint, parsePeerEndpoint } from './peer-endpoint.ts';
import { type PeerRules, refusalOf } from './peer-refusal.ts';

/** Which addresses a tenant's tunnel may send to from this host. */
export interface PeerPolicy {
  /** Subnets of Docker's networks, in CIDR form. */
  forbidden(): Promise<readonly string[]>;
  /** Ranges that are allowed in spite of everything: the setting `endpoint_allow`. */
  readonly allow: readonly string[];
}

/** What is asked of the host; tests put their own answers in. */
export interface HostView {
  /** Every address of a name, best first. */
  lookup(name: string): Promise<readonly string[]>;
  ownAddresses(): Promise<readonly string[]>;
  readonly lookupTimeoutMs: number;
}

const lookupOnHost = (name: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    // Never a family that the host has no route for at all; IPv4 first, because an IPv6 that leads nowhere is more usual.
    lookup(name, { all: true, order: 'ipv4first', hints: ADDRCONFIG }, (error, found) =>
      error ? reject(error) : resolve(found.map(({ address }) => address)),
    );
  });

export const theHost: HostView = { lookup: lookupOnHost, ownAddresses, lookupTimeoutMs: 5000 };

/**
 * For each of `peers` every address that a tunnel may use, best first. The caller hands one of them on as it stands
 * here, so what was checked is what is used, and a name that answers differently the next time (DNS rebinding) gains
 * nothing: therefore refused addresses beside allowed ones are passed over.
 * @throws EgressError ENDPOINT_REFUSED, ENDPOINT_UNRESOLVED
 */
export async function resolvePeers(
  peers: readonly PeerEndpoint[],
  policy: PeerPolicy,
  host: HostView = theHost,
): Promise<(readonly string[])[]> {
  const rules = await readRules(policy, host);
  const names = [...new Set(peers.filter((peer) => !isLiteral(peer)).map((peer) => peer.host))];
  const answers = await Promise.all(names.map(async (name) => [name, await lookupInTime(name, host)] as const));
  const byName = new Map(answers);
  return peers.map((peer) => allowedOf(peer.host, byName.get(peer.host) ?? [peer.host], rules));
}

function allowedOf(name: string, addresses: readonly string[], rules: PeerRules): readonly string[] {
  const reasons = addresses.map((address) => refusalOf(address, rules));
  const allowed = addresses.filter((_, index) => reasons[index] === undefined);
  if (allowed.length > 0) return allowed;
  throw new EgressError('ENDPOINT_REFUSED', `the VPN server ${name} is refused: ${reasons[0]}`, { details: { name } });
}

/**
 * Refuses literal addresses as soon as a launch script arrives; names are looked up only when a tunnel is made.
 * @param peers `host:port`, as `TunnelSettings` has them
 * @throws EgressError ENDPOINT_REFUSED with an entry for each
 */
export async function checkLiteralPeers(
  peers: readonly string[],
  policy: PeerPolicy,
  host: Pick<HostView, 'ownAddresses'> = theHost,
): Promise<void> {
  const literals = peers.map(parsePeerEndpoint).filter((peer) => peer !== undefined && isLiteral(peer));
  if (literals.length === 0) return;
  const rules = await readRules(policy, host);
  const fields = literals.flatMap((peer) => {
    const reason = peer && refusalOf(peer.host, rules);
    return reason ? [{ pointer: '/egress/config', reason: `the VPN server ${peer.host} is refused: ${reason}` }] : [];
  });
  if (fields.length > 0) throw new EgressError('ENDPOINT_REFUSED', undefined, { fields });
}

async function readRules(policy: PeerPolicy, host: Pick<HostView, 'ownAddresses'>): Promise<PeerRules> {
  const [own, docker] = await Promise.all([host.ownAddresses(), policy.forbidden()]);
  return { own, docker, allow: policy.allow };
}

/** getaddrinfo can't be cancelled: a lookup that is given up still holds one of libuv's threads until its own end. */
async function lookupInTime(name: string, host: HostView): Promise<readonly string[]> {
  const timer = new AbortController();
  const late = sleep(host.lookupTimeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${host.lookupTimeoutMs / 1000} s`);
  });
  try {
    const addresses = (await Promise.race([host.lookup(name), late])).filter(isIp);
    if (addresses.length === 0) throw new Error('the name has no address');
    return addresses;
  } catch (cause) {
    throw new EgressError('ENDPOINT_UNRESOLVED', `resolving the VPN server ${name}`, { cause, details: { name } });
  } finally {
    timer.abort();
    late.catch(() => undefined); // the timer was stopped
  }
}
