/** What is to be done with a setting, by its name. Spellings are those of wg-quick(8). */
export type Verdict =
  | { readonly kind: 'used'; readonly directive: string }
  | { readonly kind: 'dropped'; readonly directive: string; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

const USED = {
  interface: ['PrivateKey', 'Address', 'DNS', 'MTU'],
  peer: ['PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive'],
} as const;

const HOOK = 'the hook is not run: a config may not run programs on the host';
const PER_APPLICATION = 'applies to a telephone; here everything goes through the tunnel';

/** Nothing gets weaker without these, and providers' own downloads have them. All belong to [Interface]. */
const DROPPED: Readonly<Record<string, string>> = {
  PreUp: HOOK,
  PostUp: HOOK,
  PreDown: HOOK,
  PostDown: HOOK,
  SaveConfig: 'nothing is written back to the config',
  Table: 'the sidecar has a routing table of its own',
  FwMark: 'the encrypted packets need no mark: their socket stands on the host',
  ListenPort: 'a free port is used: several sessions share this host',
  IncludedApplications: PER_APPLICATION,
  ExcludedApplications: PER_APPLICATION,
};

/** AmneziaWG: Jc, Jmin, Jmax, J1–J3, S1–S4, H1–H4, I1–I5, Itime. */
const AMNEZIA = /^(j(c|min|max|[1-3])|s[1-4]|h[1-4]|i([1-5]|time))$/i;

/**
 * Names that may stand in an error. Someone may have pasted a key, or the second half of one, where a name belongs:
 * base64 has its `=` at the end only, so a name without a value is never shown, nor one that is long.
 */
const SHOWABLE = /^[A-Za-z][A-Za-z0-9]{0,23}$/;

export type SectionKind = keyof typeof USED;

export function judge(section: SectionKind, name: string, value: string): Verdict {
  const used = spelled(USED[section], name);
  if (used !== undefined) return { kind: 'used', directive: used };
  const dropped = section === 'interface' ? spelled(Object.keys(DROPPED), name) : undefined;
  if (dropped !== undefined) return { kind: 'dropped', directive: dropped, why: DROPPED[dropped] ?? '' };
  return { kind: 'refused', why: whyRefused(section, name, value) };
}

function whyRefused(section: SectionKind, name: string, value: string): string {
  if (AMNEZIA.test(name)) {
    return `${name}: the obfuscation of AmneziaWG is not supported, and without it the tunnel would be easier to recognise`;
  }
  const elsewhere = section === 'interface' ? 'peer' : 'interface';
  const misplaced = spelled([...USED[elsewhere], ...Object.keys(DROPPED)], name);
  if (misplaced !== undefined) return `${misplaced} does not belong in ${titleOf(section)}`;
  return `${showName(name, value)} is not a setting that is known in ${titleOf(section)}`;
}

const spelled = (names: readonly string[], name: string): string | undefined =>
  names.find((known) => known.toLowerCase() === name.toLowerCase());

export const titleOf = (section: SectionKind): string => (section === 'interface' ? '[Interface]' : '[Peer]');

export const showName = (name: string, value: string): string =>
  value !== '' && SHOWABLE.test(name) ? name : 'the name before "="';
