import type { Findings } from '../findings.ts';
import type { OutputLine } from './render.ts';
import type { Selection } from './selection.ts';

/** The floors under what a config may ask of TLS, and who it is that may answer. */
export function readTls(selection: Selection, findings: Findings): OutputLine[] {
  const checks = readNsCertType(selection, findings);
  noteAnyServer(selection, checks, findings);
  return [
    ...checks,
    ...readMinimum(selection, findings),
    ...readProfile(selection, findings),
    ...readTlsCipher(selection, findings),
  ];
}

/** The mark of Netscape's time is gone from OpenSSL; certificates of servers have the newer one as well. */
function readNsCertType(selection: Selection, findings: Findings): OutputLine[] {
  const directive = selection.last('ns-cert-type');
  if (!directive) return [];
  const { line, name, args } = directive;
  if (args[0] !== 'server') {
    findings.refuse(line, `${name} is not "server"`);
    return [];
  }
  findings.note(line, name, 'remote-cert-tls server is used instead');
  return selection.has('remote-cert-tls') ? [] : [{ name: 'remote-cert-tls', args: ['server'] }];
}

const IDENTITY = ['remote-cert-tls', 'remote-cert-eku', 'remote-cert-ku', 'verify-x509-name', 'peer-fingerprint'];

function noteAnyServer(selection: Selection, checks: readonly OutputLine[], findings: Findings): void {
  if (checks.length > 0 || IDENTITY.some((name) => selection.has(name))) return;
  findings.note(
    undefined,
    'remote-cert-tls',
    'nothing says who the server is: any other customer of the same authority could pose as it; add remote-cert-tls server',
  );
}

function readMinimum(selection: Selection, findings: Findings): OutputLine[] {
  const name = 'tls-version-min';
  const directive = selection.last(name);
  if (!directive) return [{ name, args: ['1.2'] }];
  const [version = '', more] = directive.args;
  if (!/^1\.[0-3]$/.test(version) || (more !== undefined && more !== 'or-highest')) {
    findings.refuse(directive.line, `${name} is none of 1.0, 1.1, 1.2 and 1.3`);
  }
  if (version === '1.3' && selection.last('tls-version-max')?.args[0] === '1.2') {
    findings.refuse(directive.line, `${name} is above tls-version-max`);
  }
  const isOld = version === '1.0' || version === '1.1';
  if (isOld) findings.note(directive.line, name, '1.2 is used: older versions of TLS are broken');
  return [{ name, args: isOld ? ['1.2'] : directive.args }];
}

const PROFILES = ['legacy', 'preferred', 'suiteb'];

/** OpenVPN's own default is legacy, which takes RSA keys of 1,024 bits, though its manual says 2,048. */
function readProfile(selection: Selection, findings: Findings): OutputLine[] {
  const name = 'tls-cert-profile';
  const directive = selection.last(name);
  const profile = directive?.args[0];
  if (!directive || profile === undefined) return [{ name, args: ['preferred'] }];
  if (profile === 'insecure')
    findings.note(directive.line, name, 'legacy is used: insecure certificates are not taken');
  else if (profile === 'legacy')
    findings.note(directive.line, name, 'keys of 1,024 bits are taken, which are not safe any more');
  else if (!PROFILES.includes(profile)) findings.refuse(directive.line, `${name} is none of ${PROFILES.join(', ')}`);
  return [{ name, args: [profile === 'insecure' ? 'legacy' : profile] }];
}

const CIPHER_WORD = /^[!+-]?[A-Za-z0-9][A-Za-z0-9+=_-]{0,60}$/;
const WEAK_WORD = /NULL|EXP|RC4|DES|MD5|RC2|SEED|IDEA|ADH|AECDH|ANON|^\+?(LOW|MEDIUM|ALL)$|COMPLEMENT/i;

/** Words that let weak suites in are left out, `@SECLEVEL=0` among them. Where nothing remains, OpenVPN's own list counts. */
function readTlsCipher(selection: Selection, findings: Findings): OutputLine[] {
  const name = 'tls-cipher';
  const directive = selection.last(name);
  if (!directive) return [];
  const all = (directive.args[0] ?? '').split(/[:, ]/).filter((word) => word !== '');
  const sound = all.filter((word) => CIPHER_WORD.test(word) && (/^[!-]/.test(word) || !WEAK_WORD.test(word)));
  if (sound.length < all.length) findings.note(directive.line, name, 'words that let weak ciphers in are left out');
  return sound.some((word) => !/^[!-]/.test(word)) ? [{ name, args: [sound.join(':')] }] : [];
}
