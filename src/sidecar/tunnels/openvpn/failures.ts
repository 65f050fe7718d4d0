import type { ErrorCode } from '../../../shared/error-codes.ts';
import { EgressError } from '../../../shared/errors.ts';

/**
 * What OpenVPN's log lines mean to a person. It goes on trying after most of them, so each only counts if no
 * connection comes before the deadline. Texts are those of OpenVPN 2.5 to 2.7 and of OpenSSL's verification errors.
 */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^Data channel cipher negotiation failed|failed to negotiate cipher/, 'CIPHER_MISMATCH'],
  [/^OPTIONS ERROR: server pushed compression settings/, 'COMPRESSION_REQUIRED'],
  [/^OpenSSL: .*:(ee|ca) (key too small|md too weak)/, 'CLIENT_CERTIFICATE_WEAK'], // said of our own alone
  [/^VERIFY ERROR: .*too weak/, 'SERVER_CERTIFICATE_WEAK'],
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
  [
    /no protocols available|unsupported protocol|no shared cipher|version too low|dh key too small/i,
    'TLS_VERSION_TOO_OLD',
  ],
  [/^Bad encapsulated packet length|^WARNING: Bad encapsulated packet length|^Non-OpenVPN/, 'NOT_OPENVPN'],
];

/** The server has spoken, with the right tls-crypt or tls-auth key where there is one. */
export const isAnswer = (logText: string): boolean => logText.startsWith('TLS: Initial packet from ');

/** Undefined for lines that tell of no failure, or of none that says why. */
export const failureIn = (logText: string): EgressError | undefined => {
  const code = MEANINGS.find(([pattern]) => pattern.test(logText))?.[1];
  return code && new EgressError(code);
};

/** The server has pushed it, and 2.5 goes on all the same, with packets that nobody understands. */
const COMPRESSION_REFUSED = /^Options error: Cannot set (compress|comp-lzo) to /;
/** The header's byte is `f` for LZO and `i` for LZ4. Of anything else it is no header. */
const COMPRESSED = /^Bad compression stub .*header byte: (102|105)$/;
/** A packet with a header that we don't look for is no IP packet, which the device does not take. */
const MISFRAMED = /^Bad .*(decompression|compression stub).*header byte|^write to TUN\/TAP ?: Invalid argument/;
/** Junk that a server passes on for somebody else is no reason to give up. */
const MANY_PACKETS = 5;

/** Counts packets that come through, but can't be read: all of them can't. */
export class UnreadablePackets {
  #count = 0;

  /** @returns why there is no use in going on; undefined: nothing yet */
  see(logText: string): EgressError | undefined {
    if (COMPRESSION_REFUSED.test(logText)) return new EgressError('COMPRESSION_REQUIRED');
    if (!MISFRAMED.test(logText) || ++this.#count < MANY_PACKETS) return undefined;
    return new EgressError(COMPRESSED.test(logText) ? 'COMPRESSION_REQUIRED' : 'COMPRESSION_MISMATCH');
  }
}

/** `>PASSWORD:Verification Failed: 'Auth' [...]`; the server's own words may follow, which are shown nowhere. */
export const refusalOf = (what: string, text: string): EgressError => {
  if (/Data channel cipher negotiation failed/.test(text)) return new EgressError('CIPHER_MISMATCH');
  if (text.includes('CRV1:')) return new EgressError('CHALLENGE_UNSUPPORTED');
  return new EgressError(what === 'Private Key' ? 'KEY_PASSPHRASE_WRONG' : 'AUTH_FAILED');
};
