import { familyOf, type IpFamily, isInAny, isIp } from '../../../shared/ip.ts';

/** What a server gave this client, as far as it is taken: everything else it pushes is passed over. */
export interface Pushed {
  /** Inner addresses in CIDR form, each alone in its network: all routes lead into the tunnel anyway. */
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
  readonly mtu: number | undefined;
}

const RECEIVED = /^PUSH: Received control message: 'PUSH_REPLY,(.*)'$/;
const MAX_RESOLVERS = 8;
const MAX_DOMAINS = 16;
const DOMAIN = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

/** OpenVPN's own limits for `tun-mtu`. */
const MIN_MTU = 576;
const MAX_MTU = 9000;

/** The options in a log message, if it is the one that tells what the server pushed; undefined for all others. */
export const pushedLines = (text: string): string[] | undefined => RECEIVED.exec(text)?.[1]?.split(',');

/** @param lines each an option with its values */
export function parsePushed(lines: readonly string[]): Pushed {
  const options = lines.map((line) => line.trim().split(/\s+/));
  const all = (name: string) => options.filter(([first]) => first === name).map(([, ...rest]) => rest);
  return {
    addresses: [...ownAddress4(all('ifconfig')), ...ownAddress6(all('ifconfig-ipv6'))],
    dns: [...new Set([...dhcpResolvers(all('dhcp-option')), ...dnsResolvers(all('dns'))])].slice(0, MAX_RESOLVERS),
    searchDomains: [...new Set([...dhcpDomains(all('dhcp-option')), ...dnsDomains(all('dns'))])]
      .filter((domain) => domain.length <= 253 && DOMAIN.test(domain))
      .slice(0, MAX_DOMAINS),
    mtu: mtuOf(all('tun-mtu')),
  };
}

/** No server's business: this machine itself, its link, multicast. */
const isNever = isInAny([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fe80::/10',
  'ff00::/8',
]);
const isUsable = (text: string, family: IpFamily): boolean => isIp(text) && familyOf(text) === family && !isNever(text);

type Options = readonly (readonly string[])[];

const ownAddress4 = (options: Options): string[] => {
  const address = options.at(-1)?.[0] ?? '';
  return isUsable(address, 4) ? [`${address}/32`] : [];
};

const ownAddress6 = (options: Options): string[] => {
  const address = options.at(-1)?.[0]?.split('/')[0] ?? '';
  return isUsable(address, 6) ? [`${address}/128`] : [];
};

const isResolver = (text: string): boolean => isUsable(text, 4) || isUsable(text, 6);

const dhcpResolvers = (options: Options): string[] =>
  options.flatMap(([kind = '', value = '']) => (/^DNS6?$/.test(kind) && isResolver(value) ? [value] : []));

const dhcpDomains = (options: Options): string[] =>
  options.flatMap(([kind = '', value = '']) =>
    /^(DOMAIN|ADAPTER_DOMAIN_SUFFIX|DOMAIN-SEARCH)$/.test(kind) ? [value] : [],
  );

/** `dns server N address A …`, from OpenVPN 2.6 on. Ports and transports other than plain DNS are not for resolv.conf. */
const dnsResolvers = (options: Options): string[] =>
  options.flatMap(([what, , kind, ...values]) =>
    what === 'server' && kind === 'address' ? values.map(withoutBrackets).filter(isResolver) : [],
  );

const dnsDomains = (options: Options): string[] =>
  options.flatMap(([what, ...values]) => (what === 'search-domains' ? values : []));

const withoutBrackets = (text: string): string => text.replace(/^\[|\]$/g, '');

function mtuOf(options: Options): number | undefined {
  const mtu = Number(options.at(-1)?.[0]);
  return Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= MAX_MTU ? mtu : undefined;
}
