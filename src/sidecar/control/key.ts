import { z } from 'zod';
import { EgressError } from '../../shared/errors.ts';

export const keySchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/, 'must begin with a letter or digit; then letters, digits and _ . : - only')
  .describe('Container id (full, or its first 12 or more digits), name, or the driver-opt `launch`');

/** The key of the path. Not checked, it could name a file elsewhere. @throws EgressError BAD_REQUEST */
export function parseKey(params: Readonly<Record<string, unknown>>): string {
  const result = keySchema.safeParse(params.key);
  if (result.success) return result.data;
  throw new EgressError('BAD_REQUEST', 'The key in the path is not valid.', {
    fields: result.error.issues.map(({ message }) => ({
      pointer: '/key',
      reason: `${message} (it stands in the path)`,
    })),
  });
}
