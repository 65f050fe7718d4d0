import { z } from 'zod';

/** RFC 9457, read as leniently as the standard asks for: what is not there is not shown. */
export const problemSchema = z.object({
  title: z.string(),
  detail: z.string().optional(),
  code: z.string().optional(),
  remedy: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), reason: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;
