import type { Findings } from '../findings.ts';
import { directives } from './directives.ts';
import type { Connection } from './remotes.ts';
import { noteEnvironment } from './role.ts';
import { type Selection, select } from './selection.ts';
import { type Directive, readDirectives } from './tokens.ts';

/** Of the directives that are used, those that OpenVPN takes in a `<connection>`. */
const REMOTE = new Set(['remote', 'proto', 'port', 'rport']);
const LIFTED = new Set([
  'explicit-exit-notify', 'float', 'fragment', 'key-direction', 'mssfix', 'mtu-disc', 'tls-auth', 'tls-crypt',
  'tls-crypt-v2', 'tun-mtu', 'connect-timeout', 'server-poll-timeout',
]); // biome-ignore format: a list of words

export function readConnections(top: Selection, findings: Findings): Connection[] {
  return top.all('connection').flatMap(({ line, block }) => {
    if (!block) findings.refuse(line, 'connection is a block: <connection>');
    return block ? [{ line, selection: selectInside(readDirectives(block, findings), findings) }] : [];
  });
}

/** After `setenv opt` and joined lines are taken apart: otherwise a line that protects could go unseen. */
function selectInside(inside: readonly Directive[], findings: Findings): Selection {
  const selection = select(inside, findings);
  noteEnvironment(selection, findings);
  const misplaced = selection.names.filter((name) => !REMOTE.has(name) && !LIFTED.has(name) && name !== 'setenv');
  for (const { line, name } of misplaced.flatMap((each) => selection.all(each))) {
    findings.refuse(line, `${name} does not belong into <connection>`);
  }
  return selection;
}

/** What all servers have in common becomes the config's own: one process, one set of directives. */
export function liftCommon(top: Selection, connections: readonly Connection[], findings: Findings): void {
  const names = new Set(connections.flatMap(({ selection }) => selection.names).filter((name) => LIFTED.has(name)));
  for (const name of names) {
    const each = connections.map(({ selection }) => selection.last(name) ?? top.last(name));
    const [first, ...others] = each.filter((directive) => directive !== undefined);
    if (!first) continue;
    const agree = new Set(each.map(meaningOf)).size === 1;
    if (!agree) reportDifference(first, others.at(-1)?.line ?? first.line, findings);
    top.replace(first);
  }
}

const meaningOf = (directive: Directive | undefined): string =>
  directive ? [...directive.args, ...(directive.block?.lines ?? []).map((line) => line.trim())].join('\n') : 'absent';

function reportDifference({ name }: Directive, line: number, findings: Findings): void {
  const verdict = directives.get(name);
  const protects = verdict?.kind === 'used' && verdict.use.protects;
  if (protects)
    findings.refuse(line, `${name} differs between the <connection> blocks: keep those where it is the same`);
  else findings.note(line, name, 'it differs between the <connection> blocks; the first is used for all');
}
