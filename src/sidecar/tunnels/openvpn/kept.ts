import type { Findings } from '../findings.ts';
import { isOutputName, type OutputLine } from './render.ts';
import type { Selection } from './selection.ts';
import type { OpenVpnRemote } from './settings.ts';
import type { Directive } from './tokens.ts';
import { keptDirectives, type Use } from './used.ts';

/** Those that are written out under their own name, each once; the last counts. */
export function readKept(selection: Selection, findings: Findings): OutputLine[] {
  return [...keptDirectives].flatMap(([name, use]) => {
    const all = name === 'pull-filter' ? selection.all(name) : selection.all(name).slice(-1);
    return all.flatMap((directive) => readOne(directive, use, findings));
  });
}

function readOne({ line, name, args }: Directive, { form, wanted, protects }: Use, findings: Findings): OutputLine[] {
  const values = form?.(args);
  if (values && isOutputName(name)) return [{ name, args: values }];
  if (protects) findings.refuse(line, `${name} is not ${wanted}`);
  else findings.note(line, name, `it is not ${wanted}; the line is dropped`);
  return [];
}

/** OpenVPN takes neither with TCP. */
export function withoutWrongTransport(
  lines: readonly OutputLine[],
  remotes: readonly OpenVpnRemote[],
  findings: Findings,
): OutputLine[] {
  const protocols = new Set(remotes.map(({ protocol }) => protocol));
  const hasFragment = lines.some(({ name }) => name === 'fragment');
  if (hasFragment && protocols.size > 1) {
    findings.refuse(undefined, 'fragment works over UDP only: remove it, or the remotes that use TCP');
  }
  if (hasFragment && !protocols.has('udp'))
    findings.note(undefined, 'fragment', 'it works over UDP only; it is dropped');
  return protocols.has('udp')
    ? [...lines]
    : lines.filter(({ name }) => name !== 'fragment' && name !== 'explicit-exit-notify');
}
