import { z } from 'zod';
import { type ErrorCode, remedyOf, sentenceOf } from '../../shared/error-codes.ts';
import { EgressError, type FieldError } from '../../shared/errors.ts';
import { HttpError, httpErrors } from './http-error.ts';

/** Every failing reply: RFC 9457, with our stable code beside the standard's members. */
export const problemSchema = z.object({
  type: z.string().describe('urn:kasm-sidecar:error: and the code in lower case'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string().describe('Stable: made for programs'),
  remedy: z.string().describe('What to do about it'),
  errors: z
    .array(z.object({ pointer: z.string().describe('JSON pointer (RFC 6901)'), reason: z.string() }))
    .optional()
    .describe('With status 422 only: one entry for each wrong field'),
});
export type Problem = z.infer<typeof problemSchema>;

/** No default: a new code does not compile until its status is decided. */
const statusOf: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 422,
  BODY_TOO_LARGE: 413,
  NOT_FOUND: 404,
  INTERNAL: 500,
  NETWORK_OPTION_INVALID: 422,
  NETWORK_UNKNOWN: 404,
  PORTS_UNSUPPORTED: 422,
  ADDRESS_MISSING: 422,
  STATE_UNWRITABLE: 507,
  HOST_COMMAND_FAILED: 500,
  NAMESPACE_GONE: 409,
  NAMESPACE_IS_HOST: 409,
  NO_LAUNCH_SCRIPT: 409,
  PROFILE_INVALID: 422,
  TYPE_UNSUPPORTED: 422,
  CONFIG_INVALID: 422,
  KEY_MISSING: 422,
  ENDPOINT_REFUSED: 422,
  ENDPOINT_UNRESOLVED: 502,
  TUNNEL_DEVICE_FAILED: 500,
  HANDSHAKE_TIMEOUT: 504,
  TUNNEL_STALE: 502,
  TUNNEL_DIED: 502,
  AUTH_FAILED: 502,
  CHALLENGE_UNSUPPORTED: 502,
  KEY_PASSPHRASE_WRONG: 422,
  KEY_UNUSABLE: 422,
  SERVER_CERTIFICATE_EXPIRED: 502,
  SERVER_CERTIFICATE_UNTRUSTED: 502,
  SERVER_NAME_WRONG: 502,
  CLIENT_CERTIFICATE_REFUSED: 502,
  TLS_KEY_MISMATCH: 502,
  TLS_VERSION_TOO_OLD: 502,
  TLS_HANDSHAKE_STALLED: 502,
  SERVER_CERTIFICATE_WEAK: 502,
  CLIENT_CERTIFICATE_WEAK: 502,
  COMPRESSION_REQUIRED: 502,
  COMPRESSION_MISMATCH: 502,
  CIPHER_MISMATCH: 502,
  NOT_OPENVPN: 502,
  NO_INNER_ADDRESS: 502,
  OPENVPN_FAILED: 502,
  DISCONNECTED: 409,
  LAUNCH_SCRIPT_DELETED: 409,
  LOCK_FAILED: 500,
};

const describe = (code: string, status: number, title: string, detail: string, remedy: string): Problem => ({
  type: `urn:kasm-sidecar:error:${code.toLowerCase().replaceAll('_', '-')}`,
  title,
  status,
  detail,
  code,
  remedy,
});

/** A failure of the host may quote commands and files: its own words are for the log, the caller gets the sentence. */
function fromEgressError({ code, message, fields }: EgressError): Problem {
  const status = statusOf[code];
  const title = sentenceOf(code);
  const problem = describe(code, status, title, status >= 500 ? title : message, remedyOf(code));
  return status === 422 ? { ...problem, errors: fieldsOrWhole(fields, message) } : problem;
}

/** The empty pointer means the whole document. */
const fieldsOrWhole = (fields: readonly FieldError[], reason: string): FieldError[] =>
  fields.length > 0 ? [...fields] : [{ pointer: '', reason }];

function fromHttpError({ code, message }: HttpError): Problem {
  const [status, title, remedy] = httpErrors[code];
  return describe(code, status, title, message, remedy);
}

/** What the caller is told about `error`. Whatever we did not throw ourselves may quote the body: nothing of it is told. */
export function toProblem(error: unknown): Problem {
  if (error instanceof HttpError) return fromHttpError(error);
  if (error instanceof EgressError) return fromEgressError(error);
  return fromEgressError(new EgressError('INTERNAL'));
}
