import { familyOf, isIp, parseCidr } from '../../shared/ip.ts';

/** Where a VPN server is, as a tenant's config has it: a name or an address, and a port. */
export interface PeerEndpoint {
  /** IPv6 without brackets; addresses in canonical spelling. */
  readonly host: string;
  readonly port: number;
}

const BRACKETED = /^\[([^\][]+)\]:(\d{1,5})$/;
const PLAIN = /^([^\s:]+):(\d{1,5})$/;
const LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
/** inet_aton reads `127.1` and `0x7f000001` as addresses, and so does getaddrinfo: no such thing is a name. */
const NUMERIC_LABEL = /^(\d+|0[xX][0-9A-Fa-f]*)$/;
const MAX_NAME = 253;

/** Whether `text` can be a host's name in the DNS. */
export function isHostname(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  return (
    text.length <= MAX_NAME && labels.every((label) => LABEL.test(label)) && !NUMERIC_LABEL.test(labels.at(-1) ?? '')
  );
}

/** `name:port`, `192.0.2.1:port` or `[2001:db8::1]:port`; undefined for everything else. */
export function parsePeerEndpoint(text: string): PeerEndpoint | undefined {
  const bracketed = BRACKETED.exec(text);
  const [, host = '', portText = ''] = bracketed ?? PLAIN.exec(text) ?? [];
  const port = Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  if (isIp(host)) {
    const isV6 = familyOf(host) === 6;
    return isV6 === (bracketed !== null) ? { host: canonical(host), port } : undefined;
  }
  return !bracketed && isHostname(host) ? { host, port } : undefined;
}

const canonical = (address: string): string => parseCidr(address)?.address ?? address;

export const renderPeerEndpoint = ({ host, port }: PeerEndpoint): string =>
  familyOf(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;

export const isLiteral = ({ host }: PeerEndpoint): boolean => isIp(host);
