import { isIp } from '../../../shared/ip.ts';
import type { LaunchScript } from '../../../shared/launch-script.ts';
import type { Findings } from '../findings.ts';
import { isHostname } from '../peer-endpoint.ts';
import type { Selection } from './selection.ts';
import type { Directive } from './tokens.ts';

const MAX_RESOLVERS = 8;
const MAX_SEARCH_DOMAINS = 16;

export interface Resolvers {
  readonly dns: readonly string[];
  readonly searchDomains: readonly string[];
}

/** Those of the launch script win over the config's. What the server pushes is not known yet. */
export function readResolvers(selection: Selection, egress: LaunchScript['egress'], findings: Findings): Resolvers {
  const found = [
    ...selection.all('dhcp-option').map((directive) => readDhcpOption(directive, findings)),
    ...selection.all('dns').map((directive) => readDns(directive, findings)),
  ];
  const inConfig = limit(
    found.flatMap(({ dns }) => dns),
    MAX_RESOLVERS,
    'resolvers',
    findings,
  );
  const searchDomains = limit(
    found.flatMap((each) => each.searchDomains),
    MAX_SEARCH_DOMAINS,
    'search domains',
    findings,
  );
  const hasOwn = egress.dns !== undefined && egress.dns.length > 0;
  if (hasOwn && inConfig.length > 0) findings.note(undefined, 'dns', "the launch script's resolvers are used");
  return { dns: hasOwn ? (egress.dns ?? []) : inConfig, searchDomains };
}

const NOTHING: Resolvers = { dns: [], searchDomains: [] };

function readDhcpOption({ line, name, args: [kind = '', ...values] }: Directive, findings: Findings): Resolvers {
  const [value = ''] = values;
  if ((kind === 'DNS' || kind === 'DNS6') && isIp(value)) return { ...NOTHING, dns: [value] };
  const isDomain = kind === 'DOMAIN' || kind === 'DOMAIN-SEARCH' || kind === 'ADAPTER_DOMAIN_SUFFIX';
  if (isDomain && values.length > 0 && values.every(isHostname)) return { ...NOTHING, searchDomains: values };
  findings.note(line, name, 'neither a resolver nor a search domain; the line is dropped');
  return NOTHING;
}

/** `dns server 1 address 192.0.2.1 [2001:db8::1]:53` and `dns search-domains example.com`. */
function readDns({ line, name, args: [kind, ...rest] }: Directive, findings: Findings): Resolvers {
  if (kind === 'search-domains' && rest.length > 0 && rest.every(isHostname))
    return { ...NOTHING, searchDomains: rest };
  const [, what, ...addresses] = rest;
  const plain = addresses.map(
    (address) => /^(?:\[(.*)\]|([^:]*))(?::53)?$/.exec(address)?.slice(1).join('') ?? address,
  );
  if (kind === 'server' && what === 'address' && plain.length > 0 && plain.every(isIp))
    return { ...NOTHING, dns: plain };
  findings.note(line, name, 'neither plain resolvers nor search domains; the line is dropped');
  return NOTHING;
}

function limit(values: readonly string[], most: number, what: string, findings: Findings): string[] {
  const distinct = [...new Set(values)];
  if (distinct.length > most) findings.note(undefined, 'dns', `only the first ${most} ${what} are used`);
  return distinct.slice(0, most);
}
