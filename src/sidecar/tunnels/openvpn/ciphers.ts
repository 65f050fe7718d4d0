import type { Findings } from '../findings.ts';
import type { OutputLine } from './render.ts';
import type { Selection } from './selection.ts';
import type { Directive } from './tokens.ts';

/** OpenVPN's own since 2.6. */
const DEFAULT_CIPHERS = ['AES-256-GCM', 'AES-128-GCM', 'CHACHA20-POLY1305'];
const SOUND = /^(AES-(128|192|256)-(GCM|CBC|CFB|OFB)|CAMELLIA-(128|192|256)-CBC|CHACHA20-POLY1305)$/;
/** OpenVPN refuses longer lists. */
const MAX_LIST_LENGTH = 127;
const WHAT_TO_CHANGE =
  'none of its ciphers protects: ask the provider for a server with AES-256-GCM or AES-256-CBC, and name that one';

/** `cipher X` is what an old server has, without negotiation: X is offered, and used where nothing is negotiated. */
export function readCiphers(selection: Selection, findings: Findings): OutputLine[] {
  const list = latest(selection.last('data-ciphers'), selection.last('ncp-ciphers'));
  const single = selection.last('cipher');
  const fallback = selection.last('data-ciphers-fallback');
  const named = list ? readList(list, findings) : undefined;
  const old = (fallback ? readOne(fallback, findings) : undefined) ?? (single ? readOne(single, findings) : undefined);
  const only = list ?? single;
  if (only && (named ?? []).length === 0 && old === undefined)
    findings.refuse(only.line, `${only.name}: ${WHAT_TO_CHANGE}`);
  const offered = named && named.length > 0 ? named : [...DEFAULT_CIPHERS, ...(old === undefined ? [] : [old])];
  return [
    { name: 'data-ciphers', args: [joinList(offered)] },
    ...(old === undefined ? [] : [{ name: 'data-ciphers-fallback' as const, args: [old] }]),
  ];
}

const latest = (a: Directive | undefined, b: Directive | undefined): Directive | undefined =>
  (a?.line ?? 0) > (b?.line ?? 0) ? a : b;

function readList({ line, name, args }: Directive, findings: Findings): string[] {
  const all = (args[0] ?? '')
    .toUpperCase()
    .split(':')
    .map((cipher) => cipher.replace(/^\?/, ''));
  // What OpenVPN takes this word for, wherever it stands in the list.
  const spelled = all.flatMap((cipher) => (cipher === 'DEFAULT' ? DEFAULT_CIPHERS : [cipher]));
  const sound = spelled.filter((cipher) => SOUND.test(cipher));
  if (sound.length < spelled.length) findings.note(line, name, 'ciphers that do not protect are left out');
  return sound;
}

function readOne({ line, name, args }: Directive, findings: Findings): string | undefined {
  const cipher = (args[0] ?? '').toUpperCase();
  if (SOUND.test(cipher)) return cipher;
  findings.note(line, name, 'a cipher that does not protect is never used');
  return undefined;
}

function joinList(ciphers: readonly string[]): string {
  let list = '';
  for (const cipher of new Set(ciphers)) {
    const longer = list === '' ? cipher : `${list}:${cipher}`;
    if (longer.length <= MAX_LIST_LENGTH) list = longer;
  }
  return list;
}
