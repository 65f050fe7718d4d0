import { EgressError } from '../../../shared/errors.ts';
import type { LaunchScript } from '../../../shared/launch-script.ts';
import { Secret } from '../../../shared/secret.ts';
import { Findings } from '../findings.ts';
import { type Pem, readPems, renderPem } from './blocks.ts';
import { findBlock } from './material.ts';
import type { OutputLine } from './render.ts';
import type { Selection } from './selection.ts';
import type { OpenVpnSettings } from './settings.ts';
import type { Block } from './tokens.ts';

type Credential = NonNullable<LaunchScript['egress']['credential']>;
export interface Credentials extends Pick<OpenVpnSettings, 'credentials' | 'passphrase' | 'staticChallenge'> {
  readonly key: Pem | undefined;
}

const KEY_FIELD = '/egress/credential/private_key';
const CUSTOM_FIELD = '/egress/credential/custom';

/** Everything that OpenVPN is told over the management socket. The launch script's credential wins over the config. */
export function readCredentials(selection: Selection, credential: Credential, findings: Findings): Credentials {
  const key = readKey(selection, credential, findings);
  const asksPassword = selection.has('auth-user-pass');
  refuseNobody(selection, asksPassword, findings);
  const staticChallenge = asksPassword ? readChallenge(selection, credential, findings) : undefined;
  const isEncrypted = key !== undefined && isEncryptedKey(key);
  if (isEncrypted && staticChallenge) {
    findings.refuse(undefined, 'an encrypted <key> and static-challenge both need credential.custom: decrypt the key');
  }
  const passphrase = asksPassword ? credential.custom : credential.password;
  const field = asksPassword ? CUSTOM_FIELD : '/egress/credential/password';
  if (isEncrypted && !passphrase) findings.refuseField(field, 'the private key is encrypted: this is its passphrase');
  const hasLocked = isEncrypted || (selection.has('pkcs12') && !staticChallenge);
  return {
    key,
    credentials: asksPassword ? readPassword(selection, credential, findings) : undefined,
    passphrase: hasLocked ? checkLine(passphrase, field, findings) : undefined,
    staticChallenge,
  };
}

/**
 * What OpenVPN asks for over the management socket. Of the challenge only that there is one: its text is for people,
 * and 2.6 does not know its format, which the runtime has in `staticChallenge`.
 */
export function renderQuestions(selection: Selection): OutputLine[] {
  if (!selection.has('auth-user-pass')) return [];
  const challenge: OutputLine = { name: 'static-challenge', args: ['response', '1'] };
  return [{ name: 'auth-user-pass' }, ...(selection.has('static-challenge') ? [challenge] : [])];
}

/** A certificate without its key. @throws EgressError KEY_MISSING */
export function throwIfKeyIsMissing(selection: Selection, key: Pem | undefined): void {
  if (key || !selection.has('cert')) return;
  throw new EgressError('KEY_MISSING', undefined, {
    fields: [{ pointer: KEY_FIELD, reason: 'neither here nor <key> in the config' }],
  });
}

function refuseNobody(selection: Selection, asksPassword: boolean, findings: Findings): void {
  if (asksPassword || selection.has('cert') || selection.has('pkcs12')) return;
  findings.refuse(undefined, 'nothing says who the client is: add auth-user-pass, or <cert> and <key>');
}

const KEY_LABELS = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

function readKey(selection: Selection, credential: Credential, findings: Findings): Pem | undefined {
  const [inConfig] = selection.all('key');
  if (!credential.private_key) {
    const block = findBlock('key', selection, findings);
    const key = block && readKeyBlock(block, findings);
    if (block && !key) findings.refuse(block.line, '<key> holds no private key in PEM');
    if (inConfig && !selection.has('cert')) findings.refuse(inConfig.line, 'a <key> needs its <cert>');
    return key;
  }
  if (!selection.has('cert')) {
    findings.note(undefined, 'key', "the credential's private key is not used: there is no <cert> that it belongs to");
    return undefined;
  }
  if (inConfig) findings.note(inConfig.line, 'key', "the credential's private key is used");
  const lines = credential.private_key.reveal().split(/\r?\n/);
  const key = readKeyText({ line: 1, lines });
  if (!key) findings.refuseField(KEY_FIELD, 'not a private key in PEM');
  return key;
}

const readKeyBlock = (block: Block, findings: Findings): Pem | undefined =>
  readPems('key', block, findings)?.find(({ label }) => KEY_LABELS.includes(label));

/** What is wrong with it is said by its field, not by a line. */
const readKeyText = (block: Block): Pem | undefined => readKeyBlock(block, new Findings());

/** Signs in our own process; OpenVPN never sees it. */
export const signingKey = (key: Pem | undefined): Secret | undefined =>
  key && !isEncryptedKey(key) ? new Secret(`${renderPem(key).join('\n')}\n`) : undefined;

/** Stays in the config, as it is of no use without its passphrase: deriving that may take minutes if a tenant wants it so. */
export const renderLockedKey = (key: Pem | undefined): OutputLine[] =>
  key && isEncryptedKey(key) ? [{ name: 'key', block: renderPem(key) }] : [];

const isEncryptedKey = ({ label, headers }: Pem): boolean =>
  label === 'ENCRYPTED PRIVATE KEY' || headers.some((header) => header.includes('ENCRYPTED'));

function readPassword(
  selection: Selection,
  credential: Credential,
  findings: Findings,
): OpenVpnSettings['credentials'] {
  const inline = readInlinePassword(selection, credential, findings);
  const username = checkLine(credential.username ?? inline[0], '/egress/credential/username', findings);
  const password = checkLine(credential.password ?? inline[1], '/egress/credential/password', findings);
  if (!username) findings.refuseField('/egress/credential/username', 'the config asks for it with auth-user-pass');
  if (!password) findings.refuseField('/egress/credential/password', 'the config asks for it with auth-user-pass');
  return username && password ? { username, password } : undefined;
}

function readInlinePassword(selection: Selection, credential: Credential, findings: Findings): (Secret | undefined)[] {
  const last = selection.last('auth-user-pass');
  if (last?.args[0] !== undefined) {
    findings.note(last.line, last.name, "no file of the host is read: the credential's username and password are used");
  }
  if (!last?.block) return [];
  if (credential.username || credential.password) {
    findings.note(last.line, last.name, "the credential's username and password are used");
  }
  return last.block.lines.slice(0, 2).map((text) => (text === '' ? undefined : new Secret(text)));
}

/**
 * OpenVPN reads a command into 1,024 bytes, and takes what is beyond them for the next command. Quoting at most doubles a
 * text, and with a challenge there are two of them in one command.
 */
const MAX_BYTES = 240;

/** One short line each: that is all that the management socket can take. */
function checkLine(secret: Secret | undefined, field: string, findings: Findings): Secret | undefined {
  if (!secret) return undefined;
  if (/\p{Cc}/u.test(secret.reveal())) findings.refuseField(field, 'holds a control character or a line break');
  if (Buffer.byteLength(secret.reveal()) > MAX_BYTES) findings.refuseField(field, `is longer than ${MAX_BYTES} bytes`);
  return secret;
}

function readChallenge(
  selection: Selection,
  credential: Credential,
  findings: Findings,
): OpenVpnSettings['staticChallenge'] {
  const directive = selection.last('static-challenge');
  if (!directive) return undefined;
  const [, , format = 'scrv1'] = directive.args;
  if (format !== 'scrv1' && format !== 'concat') {
    findings.refuse(directive.line, 'the format of static-challenge is neither scrv1 nor concat');
  }
  const response = checkLine(credential.custom, CUSTOM_FIELD, findings);
  if (!response) findings.refuseField(CUSTOM_FIELD, 'the config asks for a response with static-challenge');
  return response && { response, concat: format === 'concat' };
}
