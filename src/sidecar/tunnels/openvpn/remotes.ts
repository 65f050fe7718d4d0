import { isIp, parseCidr } from '../../../shared/ip.ts';
import type { Findings } from '../findings.ts';
import { isHostname } from '../peer-endpoint.ts';
import type { Selection } from './selection.ts';
import { DEFAULT_PORT, MAX_NAMES, MAX_REMOTES, type OpenVpnRemote } from './settings.ts';
import type { Directive } from './tokens.ts';

/** A `<connection>`: what stands in it, and where it begins. */
export interface Connection {
  readonly line: number;
  readonly selection: Selection;
}

/** Servers in the config's order; `<connection>` blocks win over plain lines, as with OpenVPN. */
export function readRemotes(top: Selection, connections: readonly Connection[], findings: Findings): OpenVpnRemote[] {
  const plain = top.all('remote').map((line) => ({ line, defaults: [top] }));
  const inBlocks = connections.flatMap(({ line, selection }) => {
    const last = selection.last('remote');
    if (!last) findings.refuse(line, '<connection> has no remote');
    return last ? [{ line: last, defaults: [selection, top] }] : [];
  });
  const [first] = plain;
  if (first && inBlocks.length > 0) findings.note(first.line.line, 'remote', 'only those in <connection> are used');
  const chosen = connections.length > 0 ? inBlocks : plain;
  if (chosen.length === 0 && connections.length === 0) findings.refuse(undefined, 'there is no remote');
  const remotes = chosen.flatMap(({ line, defaults }) => readRemote(line, defaults, findings));
  return limitNames(forced(distinct(remotes), top, findings), findings);
}

interface Located extends OpenVpnRemote {
  readonly line: number;
}

function readRemote(directive: Directive, defaults: readonly Selection[], findings: Findings): Located[] {
  const [host = '', portText, protoText] = directive.args;
  const { line } = directive;
  const port = portText === undefined ? defaultPort(defaults, findings) : readPort(portText, line, findings);
  const proto = protoText === undefined ? defaultProto(defaults, findings) : readProto(protoText, line, findings);
  const name = isIp(host) ? parseCidr(host)?.address : isHostname(host) ? host : undefined;
  if (name === undefined) findings.refuse(line, 'remote is neither the name nor the address of a host');
  return name === undefined || port === undefined || proto === undefined ? [] : [{ line, host: name, port, ...proto }];
}

function defaultPort(defaults: readonly Selection[], findings: Findings): number | undefined {
  for (const selection of defaults) {
    const both = [...selection.all('port'), ...selection.all('rport')].toSorted((a, b) => a.line - b.line);
    const last = both.at(-1);
    if (last) return readPort(last.args[0] ?? '', last.line, findings);
  }
  return DEFAULT_PORT;
}

function readPort(text: string, line: number, findings: Findings): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  findings.refuse(line, 'the port is not a number from 1 to 65535');
  return undefined;
}

type Proto = Pick<OpenVpnRemote, 'protocol' | 'family'>;

function defaultProto(defaults: readonly Selection[], findings: Findings): Proto | undefined {
  for (const selection of defaults) {
    const last = selection.last('proto');
    if (last) return readProto(last.args[0] ?? '', last.line, findings);
  }
  return { protocol: 'udp' };
}

const PROTO = /^(?:(udp)([46])?|(tcp)([46])?(?:-client)?)$/i;

function readProto(text: string, line: number, findings: Findings): Proto | undefined {
  const [, udp, udpFamily, tcp, tcpFamily] = PROTO.exec(text) ?? [];
  if (udp === undefined && tcp === undefined) {
    findings.refuse(line, 'the protocol is neither udp nor tcp-client');
    return undefined;
  }
  const family = udpFamily ?? tcpFamily;
  return {
    protocol: udp === undefined ? 'tcp' : 'udp',
    ...(family === undefined ? {} : { family: family === '4' ? 4 : 6 }),
  };
}

const distinct = (remotes: readonly Located[]): Located[] => {
  const key = ({ host, port, protocol, family }: Located) => `${host} ${port} ${protocol} ${family}`;
  return [...new Map(remotes.toReversed().map((remote) => [key(remote), remote])).values()].toReversed();
};

function forced(remotes: readonly Located[], top: Selection, findings: Findings): readonly Located[] {
  const directive = top.last('proto-force');
  if (!directive) return remotes;
  const wanted = directive.args[0]?.toLowerCase();
  if (wanted !== 'udp' && wanted !== 'tcp') {
    findings.refuse(directive.line, 'proto-force is neither udp nor tcp');
    return remotes;
  }
  const fitting = remotes.filter(({ protocol }) => protocol === wanted);
  if (fitting.length === 0) findings.refuse(directive.line, 'no remote has the protocol that proto-force wants');
  return fitting;
}

/** Providers list sixty servers, of which one is used: the first are as good as all. */
function limitNames(remotes: readonly Located[], findings: Findings): OpenVpnRemote[] {
  const names = [...new Set(remotes.map(({ host }) => host).filter((host) => !isIp(host)))];
  const looked = new Set(names.slice(0, MAX_NAMES));
  const kept = remotes.filter(({ host }) => isIp(host) || looked.has(host)).slice(0, MAX_REMOTES);
  const lost = remotes.find((remote) => !kept.includes(remote));
  if (lost) {
    findings.note(lost.line, 'remote', `only ${MAX_REMOTES} servers with ${MAX_NAMES} different names are used`);
  }
  return kept.map(({ line: _, ...remote }) => remote);
}
