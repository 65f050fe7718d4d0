import type { ErrorCode } from '../../../shared/error-codes.ts';
import { EgressError } from '../../../shared/errors.ts';

/**
 * What OpenVPN's log lines mean to a person. It goes on trying after most of them, so each only counts if no
 * connection comes before the deadline. Texts are those of OpenVPN 2.5 to 2.7 and of OpenSSL's verification errors.
 */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^Data channel cipher negotiation failed|failed to negotiate cipher/, 'CIPHER_MISMATCH'],
  [/^VERIFY ERROR: .*(certificate has expired|certificate is not yet valid)/, 'SERVER_CERTIFICATE_EXPIRED'],
  [/^VERIFY ERROR: /, 'SERVER_CERTIFICATE_UNTRUSTED'],
  [/^VERIFY (X509NAME|KU|EKU) ERROR|^Certificate does not have (key usage|extended key usage)/, 'SERVER_NAME_WRONG'],
  [/^TLS Error: --tls-verify|^TLS Error: peer-fingerprint/, 'SERVER_CERTIFICATE_UNTRUSTED'],
  [
    /^(OpenSSL|TLS_ERROR|TLS Error).*alert (certificate|bad certificate|unknown ca|certificate unknown|access denied|handshake failure)/i,
    'CLIENT_CERTIFICATE_REFUSED',
  ],
  [
    /^tls-crypt unwrap|^(Authenticate\/Decrypt packet error: )?packet HMAC authentication failed|^TLS Error: cannot locate HMAC/,
    'TLS_KEY_MISMATCH',
  ],
  [/no protocols available|unsupported protocol|no shared cipher|version too low/i, 'TLS_VERSION_TOO_OLD'],
  [/^Bad encapsulated packet length|^WARNING: Bad encapsulated packet length|^Non-OpenVPN/, 'NOT_OPENVPN'],
];

/** Undefined for lines that tell of no failure, or of none that says why. */
export const failureIn = (logText: string): EgressError | undefined => {
  const code = MEANINGS.find(([pattern]) => pattern.test(logText))?.[1];
  return code && new EgressError(code);
};

/** `>PASSWORD:Verification Failed: 'Auth' [...]`; the server's own words may follow, which are shown nowhere. */
export const refusalOf = (what: string, text: string): EgressError => {
  if (text.includes('CRV1:')) return new EgressError('CHALLENGE_UNSUPPORTED');
  return new EgressError(what === 'Private Key' ? 'KEY_PASSPHRASE_WRONG' : 'AUTH_FAILED');
};
