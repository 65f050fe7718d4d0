import { z } from 'zod';
import { EgressError } from '../../shared/errors.ts';
import { toFieldErrors } from '../../shared/launch-script.ts';
import { isOurs, MAX_LINK_NAME } from '../../shared/names.ts';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'not a port number')
  .transform(Number)
  .pipe(z.number().min(1).max(65_535));

/** `docker network create -o …`: Docker sends every value as text. */
const options = z.strictObject({
  policy: z.enum(['required', 'optional']).default('required'),
  proxy: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'not a container name')
    .default('kasm_proxy'),
  proxy_port: z
    .string()
    .default('443')
    .transform((text) => text.split(',').map((item) => item.trim()))
    .pipe(z.array(port).min(1).max(15)),
  bridge: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'not an interface name')
    .refine((name) => !isOurs(name), 'a name that the sidecar gives to its own links')
    .max(MAX_LINK_NAME, `longer than ${MAX_LINK_NAME} characters`)
    .optional(),
  deadline: z.coerce.number().int().min(1).max(600).default(45),
});
export type NetworkOptions = z.infer<typeof options>;

/** @throws EgressError NETWORK_OPTION_INVALID with a message that names every wrong option. */
export function parseNetworkOptions(given: Readonly<Record<string, unknown>>): NetworkOptions {
  const result = options.safeParse(given);
  if (result.success) return result.data;
  const fields = toFieldErrors(result.error);
  const text = fields.map(({ pointer, reason }) => `option ${pointer.split('/')[1]}: ${reason}`).join('; ');
  throw new EgressError('NETWORK_OPTION_INVALID', text, { fields });
}
