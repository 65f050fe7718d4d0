import type { Findings } from '../findings.ts';
import type { Block } from './tokens.ts';

/** One `-----BEGIN …-----` of a block. */
export interface Pem {
  readonly label: string;
  /** `Proc-Type: 4,ENCRYPTED` and the like. */
  readonly headers: readonly string[];
  readonly base64: string;
}

const BEGIN = /^-----BEGIN ([A-Za-z0-9 -]{1,60})-----$/;
const HEADER = /^[A-Za-z0-9-]{1,30}: [\x20-\x7e]{1,200}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** All PEM in `block`; text around them is ignored, as OpenSSL does. Undefined: one is broken, which is refused. */
export function readPems(name: string, block: Block, findings: Findings): Pem[] | undefined {
  const pems: Pem[] = [];
  for (let index = 0; index < block.lines.length; index += 1) {
    const label = BEGIN.exec(trimmed(block, index))?.[1];
    if (label === undefined) continue;
    const end = block.lines.findIndex((_, at) => at > index && trimmed(block, at) === `-----END ${label}-----`);
    const pem = end === -1 ? undefined : readPem(label, block.lines.slice(index + 1, end));
    if (!pem) {
      findings.refuse(block.line + index, `what begins here in <${name}> is broken: copy it again`);
      return undefined;
    }
    pems.push(pem);
    index = end;
  }
  return pems;
}

const trimmed = ({ lines }: Block, index: number): string => (lines[index] ?? '').trim();

function readPem(label: string, lines: readonly string[]): Pem | undefined {
  const texts = lines.map((line) => line.trim());
  const headers = texts.filter((text) => text.includes(':'));
  const base64 = texts.filter((text) => !text.includes(':')).join('');
  const isSound = headers.every((text) => HEADER.test(text)) && isBase64(base64);
  return isSound ? { label, headers, base64 } : undefined;
}

const isBase64 = (text: string): boolean => BASE64.test(text) && text.length % 4 === 0;

export const renderPem = ({ label, headers, base64 }: Pem): string[] => [
  `-----BEGIN ${label}-----`,
  ...(headers.length > 0 ? [...headers, ''] : []),
  ...wrap(base64, 64),
  `-----END ${label}-----`,
];

const wrap = (text: string, width: number): string[] => text.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];

const STATIC_KEY_DIGITS = 512;
const STATIC_KEY = 'OpenVPN Static key V1';

/** The key of tls-auth or tls-crypt, 256 bytes in hexadecimal, spelled anew; undefined: it is none. */
export function readStaticKey({ lines }: Block): string[] | undefined {
  const texts = lines.map((line) => line.trim());
  const begin = texts.indexOf(`-----BEGIN ${STATIC_KEY}-----`);
  const end = texts.indexOf(`-----END ${STATIC_KEY}-----`);
  const digits = texts
    .slice(begin + 1, end)
    .join('')
    .toLowerCase();
  if (begin === -1 || end < begin || !/^[0-9a-f]+$/.test(digits) || digits.length !== STATIC_KEY_DIGITS)
    return undefined;
  return [`-----BEGIN ${STATIC_KEY}-----`, ...wrap(digits, 32), `-----END ${STATIC_KEY}-----`];
}

/** Something binary in bare base64, as PKCS #12 comes. */
export function readBase64({ lines }: Block): string[] | undefined {
  const text = lines.map((line) => line.trim()).join('');
  return isBase64(text) ? wrap(text, 64) : undefined;
}

/** Fingerprints, one a line; undefined: one of them isn't `bytes` long, or there is none. */
export function readFingerprints(lines: readonly string[], bytes: number): string[] | undefined {
  const texts = lines.map((line) => line.replace(/[;#].*$/, '').trim()).filter((text) => text !== '');
  const pattern = new RegExp(`^[0-9A-F]{2}(:[0-9A-F]{2}){${bytes - 1}}$`);
  const values = [...new Set(texts.map((text) => text.toUpperCase()))];
  return values.length > 0 && values.every((value) => pattern.test(value)) ? values : undefined;
}
