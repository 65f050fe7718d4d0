import { z } from 'zod';
import { EgressError, type FieldError } from './errors.ts';
import { cidr, ipAddress } from './ip.ts';
import { Secret } from './secret.ts';

export const EGRESS_TYPES = ['openvpn', 'wireguard', 'openziti', 'custom', 'none'] as const;
export type EgressType = (typeof EGRESS_TYPES)[number];

const secret = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .transform((value) => new Secret(value));
const display = z.string().max(200);

const credential = z
  .strictObject({
    username: secret(1024),
    password: secret(1024),
    private_key: secret(16_384),
    custom: secret(65_536),
  })
  .partial()
  .describe('Only what the type needs. Write-only: never echoed, logged or listed.');

const gateway = z.strictObject({ name: display, country: display, city: display }).partial();

const identity = z.record(z.string(), z.unknown());

const egress = z.strictObject({
  type: z
    .string()
    .transform((value) => value.toLowerCase())
    .pipe(z.enum(EGRESS_TYPES))
    .describe(`One of ${EGRESS_TYPES.join(', ')}, in any letter case.`),
  provider: display.optional(),
  gateway: gateway.optional(),
  config: secret(262_144).optional().describe('OpenVPN, WireGuard or Custom text, as an operator pasted it.'),
  credential: credential.optional(),
  identities: z.strictObject({ user: identity, workspace: identity }).partial().optional(),
  dns: z.array(ipAddress).max(8).optional().describe('Resolvers to use instead of those of the config or the server.'),
  allow: z.array(cidr).max(64).optional().describe('Destinations reached directly, past the tunnel. Default: none.'),
});

/** Launch script, version 1 of the contract: everything that one session's egress needs. */
export const launchScriptSchema = z.strictObject({
  version: z.literal(1),
  session_id: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'letters, digits and _ . : - only, at most 128')
    .optional(),
  egress,
  deadline_seconds: z.number().int().min(1).max(600).optional(),
});

export type LaunchScript = z.output<typeof launchScriptSchema>;
export type LaunchScriptInput = z.input<typeof launchScriptSchema>;

const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** One entry a field; a field that is not known is named itself, not the object it stands in. */
export function toFieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), reason: 'unknown field' }))
      : [{ pointer: toPointer(issue.path), reason: issue.message }],
  );
}

/** @throws EgressError BAD_REQUEST with one entry for each wrong field. */
export function parseLaunchScript(value: unknown): LaunchScript {
  const result = launchScriptSchema.safeParse(value);
  if (result.success) return result.data;
  throw new EgressError('BAD_REQUEST', 'The launch script is not valid.', { fields: toFieldErrors(result.error) });
}
