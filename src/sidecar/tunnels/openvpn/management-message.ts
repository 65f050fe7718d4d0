/** What OpenVPN says on its management socket (management-notes.txt), as far as it matters here. */
export type ManagementMessage =
  | { readonly kind: 'state'; readonly state: string; readonly detail: string; readonly remote: string | undefined }
  | { readonly kind: 'credentials'; readonly challenge: StaticChallenge | undefined }
  | { readonly kind: 'passphrase' }
  | { readonly kind: 'refused'; readonly what: string; readonly text: string }
  | { readonly kind: 'sign'; readonly data: string; readonly algorithm: string }
  | { readonly kind: 'bytes'; readonly received: number; readonly sent: number }
  | { readonly kind: 'log'; readonly text: string }
  /** Said before we were there. */
  | { readonly kind: 'history'; readonly text: string }
  | { readonly kind: 'fatal'; readonly text: string };

export interface StaticChallenge {
  /** Password and answer are to be put together as they are, not each in its own field. */
  readonly concatenate: boolean;
}

/** `>STATE:TIME,NAME,DETAIL,LOCAL4,REMOTE,PORT,LOCALADDR,LOCALPORT,LOCAL6` */
function parseState(text: string): ManagementMessage {
  const [, state = '', detail = '', , address, port] = text.split(',');
  return { kind: 'state', state, detail, remote: address && port ? remoteOf(address, port) : undefined };
}

const remoteOf = (address: string, port: string): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const FAILED = /^Verification Failed: '([^']*)'(.*)$/;
/** `SC:FLAGS,TEXT`: flag 1 shows what is typed, flag 2 wants password and answer in one. */
const STATIC_CHALLENGE = / SC:(\d+),/;

function parsePassword(text: string): ManagementMessage | undefined {
  const failed = FAILED.exec(text);
  if (failed) return { kind: 'refused', what: failed[1] ?? '', text: failed[2]?.trim() ?? '' };
  if (text.startsWith("Need 'Private Key' ")) return { kind: 'passphrase' };
  if (!text.startsWith("Need 'Auth' ")) return undefined;
  const flags = STATIC_CHALLENGE.exec(text)?.[1];
  return {
    kind: 'credentials',
    challenge: flags === undefined ? undefined : { concatenate: (Number(flags) & 2) !== 0 },
  };
}

function parseBytes(text: string): ManagementMessage {
  const [received = 0, sent = 0] = text.split(',').map(Number);
  return { kind: 'bytes', received, sent };
}

function parseSign(text: string): ManagementMessage {
  const comma = text.indexOf(',');
  return comma < 0
    ? { kind: 'sign', data: text, algorithm: '' }
    : { kind: 'sign', data: text.slice(0, comma), algorithm: text.slice(comma + 1) };
}

/** `TIME,FLAGS,TEXT` */
const logText = (text: string): string => text.split(',').slice(2).join(',');

const PARSERS: Readonly<Record<string, (text: string) => ManagementMessage | undefined>> = {
  STATE: parseState,
  PASSWORD: parsePassword,
  BYTECOUNT: parseBytes,
  PK_SIGN: parseSign,
  LOG: (text) => ({ kind: 'log', text: logText(text) }),
  FATAL: (text) => ({ kind: 'fatal', text }),
};

/** The answer to `state`: the same fields as in `>STATE:`. */
const STATE_REPLY = /^\d{9,},[A-Z_]{4,},/;
/** The answer to `log all`. */
const LOG_REPLY = /^\d{9,},[A-Z]{0,3},/;

/** Undefined for what nobody needs: other replies to our commands, and messages of other kinds. */
export function parseManagementLine(line: string): ManagementMessage | undefined {
  if (STATE_REPLY.test(line)) return parseState(line);
  if (LOG_REPLY.test(line)) return { kind: 'history', text: logText(line) };
  const [, kind = '', text = ''] = /^>([A-Z_]+):(.*)$/.exec(line) ?? [];
  return PARSERS[kind]?.(text);
}

/** A parameter of a command: in quotes, which OpenVPN's own lexer takes off again. */
export const quoteParameter = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
