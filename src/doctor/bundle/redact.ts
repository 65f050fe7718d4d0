const MASK = '[removed]';

/**
 * The second net. What goes into a bundle is chosen piece by piece so that none of it holds a secret; should one be there
 * all the same, in a log line or an engine's answer, it has one of these forms.
 */
const FORMS: readonly (readonly [form: RegExp, instead: string])[] = [
  // Inline blocks of OpenVPN, and PEM wherever it stands; also where the end was cut off.
  [
    /<(ca|cert|extra-certs|key|pkcs12|secret|auth-user-pass|tls-auth|tls-crypt|tls-crypt-v2|http-proxy-user-pass)>[\s\S]*?(<\/\1>|$)/gi,
    `<$1>${MASK}</$1>`,
  ],
  [/-----BEGIN [^-\n]*-----[\s\S]*?(-----END [^-\n]*-----|$)/g, MASK],
  // `"password": "…"`, `PrivateKey = …`, `auth-token=…`, `--password …`; a value ends with its quotes or its line.
  [
    /((?:"|\b)[\w-]*(?:private_?key|preshared_?key|passw(?:or)?d|passphrase|secret|token|credential|api_?key)[\w-]*\\*"?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;}\]]+)/gi,
    `$1"${MASK}"`,
  ],
  [/(--[\w-]*(?:password|passwd|secret|token|key)[ =])(\S+)/gi, `$1${MASK}`],
  [/\b(authorization:?\s+|bearer\s+|basic\s+)[\w+/.=~-]{8,}/gi, `$1${MASK}`],
  // `https://user:password@host`
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${MASK}@`],
  // Three parts of base64url, the first a JSON object: a JWT.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, MASK],
  // 32 bytes in base64, as WireGuard writes its keys; public ones are of no use here either.
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g, MASK],
  // OpenVPN's static keys: lines of 16 bytes in hex. A container's id is twice as long, and has no line for itself.
  [/^[ \t]*[0-9a-f]{32}[ \t]*$/gim, MASK],
];

export const redact = (text: string): string =>
  FORMS.reduce((current, [form, instead]) => current.replace(form, instead), text);
