import { EgressError } from '../../../shared/errors.ts';
import { isInAny } from '../../../shared/ip.ts';
import type { LaunchScript } from '../../../shared/launch-script.ts';
import { Secret } from '../../../shared/secret.ts';
import { Findings } from '../findings.ts';
import { isLiteral, renderPeerEndpoint } from '../peer-endpoint.ts';
import { type DnsSettings, readDns, readInterface, refuseExcess } from './interface-section.ts';
import { isKey, NOT_A_KEY } from './key.ts';
import { readLines } from './lines.ts';
import { readPeer } from './peer-section.ts';
import { readSections, Section } from './section.ts';
import type { WireGuardServer, WireGuardSettings } from './settings.ts';

type Egress = LaunchScript['egress'];

const MAX_PEERS = 64;
/** Each is a lookup that holds a thread of the daemon for as long as the resolver takes. */
const MAX_NAMES = 8;
const MAX_ALLOWED_IPS = 1024;

/**
 * Turns the text of a config into settings; everything that is not understood is refused, because wg(8) itself lets
 * nearly everything through. @throws EgressError CONFIG_INVALID with an entry for each wrong line, or KEY_MISSING.
 */
export function parseWireGuard(egress: Egress): WireGuardSettings {
  const findings = new Findings();
  if (egress.config === undefined) findings.refuse(undefined, 'type wireguard needs a config');
  findings.throwIfRefused();
  const sections = readSections(readLines(egress.config?.reveal() ?? ''), findings);
  const own = findInterface(sections, findings);
  const privateKey = readPrivateKey(own, egress, findings);
  const { addresses, mtu } = readInterface(own, findings);
  const servers = readServers(sections, findings);
  const dns = readDns(own, findings);
  const resolvers = chooseResolvers(dns, egress, findings);
  noteUnreachableResolver(resolvers, servers, findings);
  findings.throwIfRefused();
  if (privateKey === undefined) throw keyMissing();
  return {
    privateKey,
    addresses,
    mtu,
    servers,
    dns: resolvers,
    searchDomains: dns.searchDomains,
    peers: servers.map(({ endpoint }) => renderPeerEndpoint(endpoint)),
    notices: findings.notices,
  };
}

/** Where there is none, an empty one: everything else is still looked at, and it has no Address. */
function findInterface(sections: readonly Section[], findings: Findings): Section {
  const [first, ...others] = sections.filter(({ kind }) => kind === 'interface');
  for (const { line } of others) findings.refuse(line, 'a second [Interface]');
  return first ?? new Section('interface', 1);
}

/** The credential's key wins; then the config may hold a placeholder, or none. */
function readPrivateKey(own: Section, egress: Egress, findings: Findings): Secret | undefined {
  const fromCredential = egress.credential?.private_key;
  const [inConfig] = own.all('PrivateKey');
  if (fromCredential) {
    if (inConfig) findings.note(inConfig.line, 'PrivateKey', "the credential's key is used");
    const key = fromCredential.reveal().trim();
    if (!isKey(key)) findings.refuseField('/egress/credential/private_key', NOT_A_KEY);
    return new Secret(key);
  }
  const value = own.one('PrivateKey', findings);
  if (value === undefined) return undefined;
  if (!isKey(value.text)) findings.refuse(value.line, `PrivateKey ${NOT_A_KEY}`);
  return new Secret(value.text);
}

const keyMissing = (): EgressError =>
  new EgressError('KEY_MISSING', undefined, {
    fields: [{ pointer: '/egress/credential/private_key', reason: 'neither here nor PrivateKey in the config' }],
  });

function readServers(sections: readonly Section[], findings: Findings): WireGuardServer[] {
  const peers = sections.filter(({ kind }) => kind === 'peer');
  if (peers.length === 0) findings.refuse(undefined, 'there is no [Peer]');
  refuseExcess(peers, MAX_PEERS, 'peers', findings);
  refuseExcess(
    peers.flatMap((peer) => peer.entries('AllowedIPs')),
    MAX_ALLOWED_IPS,
    'AllowedIPs',
    findings,
  );
  const servers: WireGuardServer[] = [];
  for (const peer of peers) {
    const server = readPeer(peer, findings);
    if (!server) continue;
    // wg takes two of the same key for one peer, and the later settings win.
    if (servers.some(({ publicKey }) => publicKey === server.publicKey)) {
      findings.refuse(peer.line, '[Peer] has the PublicKey of an earlier one');
    }
    servers.push(server);
  }
  refuseManyNames(servers, findings);
  return servers;
}

function refuseManyNames(servers: readonly WireGuardServer[], findings: Findings): void {
  const names = new Set(servers.filter(({ endpoint }) => !isLiteral(endpoint)).map(({ endpoint }) => endpoint.host));
  if (names.size > MAX_NAMES) findings.refuse(undefined, `more than ${MAX_NAMES} different names of VPN servers`);
}

/** Those of the launch script win over the config's. */
function chooseResolvers({ resolvers }: DnsSettings, { dns }: Egress, findings: Findings): readonly string[] {
  const inConfig = [...new Set(resolvers.map(({ text }) => text))];
  if (!dns || dns.length === 0) return inConfig;
  const [first] = resolvers;
  if (first) findings.note(first.line, 'DNS', "the launch script's resolvers are used");
  return dns;
}

/** Not wrong, but nobody would guess why no name resolves: outside AllowedIPs everything is unreachable. */
function noteUnreachableResolver(
  resolvers: readonly string[],
  servers: readonly WireGuardServer[],
  findings: Findings,
): void {
  const isCovered = isInAny(servers.flatMap(({ allowedIps }) => allowedIps));
  if (!resolvers.every(isCovered)) {
    findings.note(undefined, 'DNS', 'AllowedIPs does not cover every resolver: one that is outside is unreachable');
  }
}
