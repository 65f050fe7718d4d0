import type { Findings } from '../findings.ts';
import { readBase64, readFingerprints, readPems, readStaticKey, renderPem } from './blocks.ts';
import type { OutputLine, OutputName } from './render.ts';
import type { Selection } from './selection.ts';
import type { Block, Directive } from './tokens.ts';

/** Certificates and keys that stay in the config. All of it inline: no file of the host is read for a tenant. */
export function readMaterial(selection: Selection, findings: Findings): OutputLine[] {
  refuseContradictions(selection, findings);
  return [
    ...readPemBlock('ca', CERTIFICATES, selection, findings),
    ...readPemBlock('cert', CERTIFICATES, selection, findings),
    ...readPemBlock('extra-certs', CERTIFICATES, selection, findings),
    ...readPemBlock('crl-verify', ['X509 CRL'], selection, findings),
    ...readPemBlock('tls-crypt-v2', ['OpenVPN tls-crypt-v2 client key'], selection, findings),
    ...readOther('pkcs12', readBase64, 'PKCS #12 in base64', selection, findings),
    ...readOther('tls-auth', readStaticKey, STATIC_KEY, selection, findings),
    ...readOther('tls-crypt', readStaticKey, STATIC_KEY, selection, findings),
    ...readDirection(selection, findings),
    ...readPeerFingerprint(selection, findings),
    ...readVerifyHash(selection, findings),
  ];
}

const CERTIFICATES = ['CERTIFICATE', 'X509 CERTIFICATE'];
const STATIC_KEY = 'an OpenVPN Static key V1 of 2048 bits';

/** The last block of that name. A path is refused, and so is an archive's mark for a block that is then missing. */
export function findBlock(name: string, selection: Selection, findings: Findings): Block | undefined {
  const all = selection.all(name);
  const blocks = all.flatMap(({ block }) => block ?? []);
  const path = all.find(({ args, block }) => !block && !(blocks.length > 0 && isMark(args[0])));
  if (path) findings.refuse(path.line, `${name}: no file of the host is read: put its text inline, as <${name}>`);
  return blocks.at(-1);
}

/** `ca [inline]` besides `<ca>`, as OpenVPN 2.1 wanted it. */
const isMark = (text: string | undefined): boolean => text === '[inline]' || text === '[[INLINE]]';

function readPemBlock(
  name: OutputName,
  labels: readonly string[],
  selection: Selection,
  findings: Findings,
): OutputLine[] {
  const block = findBlock(name, selection, findings);
  const pems = block && readPems(name, block, findings);
  if (!block || !pems) return [];
  const wanted = pems.filter(({ label }) => labels.includes(label));
  if (wanted.length < pems.length) findings.note(block.line, name, `only its ${labels[0]} parts are used`);
  if (wanted.length === 0) findings.refuse(block.line, `<${name}> holds no ${labels[0]}`);
  const label = labels[0] ?? '';
  return [{ name, block: wanted.flatMap(({ base64 }) => renderPem({ label, headers: [], base64 })) }];
}

function readOther(
  name: OutputName,
  read: (block: Block) => string[] | undefined,
  what: string,
  selection: Selection,
  findings: Findings,
): OutputLine[] {
  const block = findBlock(name, selection, findings);
  if (!block) return [];
  const lines = read(block);
  if (!lines) findings.refuse(block.line, `<${name}> is not ${what}: copy it again`);
  return lines ? [{ name, block: lines }] : [];
}

/** Also from `tls-auth [inline] 1`. */
function readDirection(selection: Selection, findings: Findings): OutputLine[] {
  if (selection.has('key-direction')) return [];
  const marked = selection.all('tls-auth').find(({ args }) => args[1] !== undefined);
  const direction = marked?.args[1];
  if (!marked || direction === undefined) return [];
  if (direction !== '0' && direction !== '1')
    findings.refuse(marked.line, 'the direction of tls-auth is neither 0 nor 1');
  return [{ name: 'key-direction', args: [direction] }];
}

function readPeerFingerprint(selection: Selection, findings: Findings): OutputLine[] {
  const all = selection.all('peer-fingerprint');
  const values = all.flatMap((directive) => readHashes(directive, 32, findings));
  return all.length === 0 ? [] : [{ name: 'peer-fingerprint', block: [...new Set(values)] }];
}

/** In a block it is SHA-256; in a line it is SHA-1 unless that says otherwise. */
function readVerifyHash(selection: Selection, findings: Findings): OutputLine[] {
  return selection.all('verify-hash').flatMap((directive) => {
    const algorithm = directive.args[1] ?? (directive.block ? 'SHA256' : 'SHA1');
    if (algorithm !== 'SHA1' && algorithm !== 'SHA256') {
      findings.refuse(directive.line, 'verify-hash is neither SHA1 nor SHA256');
      return [];
    }
    const values = readHashes(directive, algorithm === 'SHA1' ? 20 : 32, findings);
    return values.map((value): OutputLine => ({ name: 'verify-hash', args: [value, algorithm] }));
  });
}

function readHashes({ line, name, args, block }: Directive, bytes: number, findings: Findings): string[] {
  const values = readFingerprints(block?.lines ?? args.slice(0, 1), bytes);
  if (!values)
    findings.refuse(line, `${name} is not a fingerprint of ${bytes} bytes in hexadecimal, with ":" between them`);
  return values ?? [];
}

const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['tls-auth', 'tls-crypt'],
  ['tls-auth', 'tls-crypt-v2'],
  ['tls-crypt', 'tls-crypt-v2'],
  ['pkcs12', 'cert'],
  ['pkcs12', 'key'],
  ['verify-hash', 'peer-fingerprint'],
];

function refuseContradictions(selection: Selection, findings: Findings): void {
  for (const [one, other] of EXCLUSIVE) {
    const second = selection.last(other);
    if (selection.has(one) && second) findings.refuse(second.line, `${other} and ${one} exclude each other: keep one`);
  }
  const identities = ['ca', 'pkcs12', 'peer-fingerprint'];
  if (!identities.some((name) => selection.has(name))) {
    findings.refuse(undefined, "there is nothing to check the server's certificate by: add the provider's <ca>");
  }
}
