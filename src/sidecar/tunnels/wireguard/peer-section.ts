import { parseCidr } from '../../../shared/ip.ts';
import { Secret } from '../../../shared/secret.ts';
import type { Findings } from '../findings.ts';
import { type PeerEndpoint, parsePeerEndpoint } from '../peer-endpoint.ts';
import { isKey, NOT_A_KEY } from './key.ts';
import { missing, type Section } from './section.ts';
import { DEFAULT_KEEPALIVE_SECONDS, MAX_KEEPALIVE_SECONDS, type WireGuardServer } from './settings.ts';

/** Undefined where something that it needs is missing or wrong; findings then say what. */
export function readPeer(section: Section, findings: Findings): WireGuardServer | undefined {
  const publicKey = readKey(section, 'PublicKey', findings);
  if (section.all('PublicKey').length === 0) missing(section, 'PublicKey', findings);
  const presharedKey = readKey(section, 'PresharedKey', findings);
  const endpoint = readEndpoint(section, findings);
  const allowedIps = readAllowedIps(section, findings);
  const keepaliveSeconds = readKeepalive(section, findings);
  if (publicKey === undefined || endpoint === undefined) return undefined;
  return {
    publicKey,
    presharedKey: presharedKey === undefined ? undefined : new Secret(presharedKey),
    endpoint,
    allowedIps,
    keepaliveSeconds,
  };
}

function readKey(section: Section, directive: string, findings: Findings): string | undefined {
  const value = section.one(directive, findings);
  if (value === undefined || isKey(value.text)) return value?.text;
  findings.refuse(value.line, `${directive} ${NOT_A_KEY}`);
  return undefined;
}

/** WireGuard itself allows a peer without one, which then has to speak first: no VPN server does. */
function readEndpoint(section: Section, findings: Findings): PeerEndpoint | undefined {
  const value = section.one('Endpoint', findings);
  if (value === undefined) {
    missing(section, 'Endpoint', findings);
    return undefined;
  }
  const endpoint = parsePeerEndpoint(value.text);
  if (!endpoint) findings.refuse(value.line, 'Endpoint is not HOST:PORT (port 1 to 65535, IPv6 in brackets)');
  return endpoint;
}

function readAllowedIps(section: Section, findings: Findings): string[] {
  const entries = section.entries('AllowedIPs');
  if (entries.length === 0) missing(section, 'AllowedIPs', findings);
  const networks = entries.flatMap(({ line, text }) => {
    const cidr = parseCidr(text);
    if (!cidr) findings.refuse(line, 'AllowedIPs is not a list of networks in CIDR form');
    return cidr ? [cidr.network] : [];
  });
  return [...new Set(networks)];
}

function readKeepalive(section: Section, findings: Findings): number {
  const value = section.one('PersistentKeepalive', findings);
  if (value === undefined) return DEFAULT_KEEPALIVE_SECONDS;
  const seconds = value.text.toLowerCase() === 'off' ? 0 : Number(/^\d{1,5}$/.exec(value.text)?.[0] ?? Number.NaN);
  if (!(seconds <= 65_535)) {
    findings.refuse(value.line, 'PersistentKeepalive is neither "off" nor a number from 0 to 65535');
    return DEFAULT_KEEPALIVE_SECONDS;
  }
  if (seconds >= 1 && seconds <= MAX_KEEPALIVE_SECONDS) return seconds;
  const used = seconds === 0 ? DEFAULT_KEEPALIVE_SECONDS : MAX_KEEPALIVE_SECONDS;
  findings.note(
    value.line,
    'PersistentKeepalive',
    `${used} s is used: otherwise a dead server can't be told from an idle one`,
  );
  return used;
}
