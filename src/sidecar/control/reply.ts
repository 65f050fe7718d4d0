import type { z } from 'zod';
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemSchema } from './problem.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** The schema in the document is what the compiler holds the handler to: see the `satisfies` at each reply. */
export const jsonReply = (description: string, schema: z.ZodType): ZodOpenApiResponseObject => ({
  description,
  content: { 'application/json': { schema } },
});

const problemDescriptions = {
  400: 'The request or its JSON could not be read',
  404: 'There is nothing under that key',
  409: 'Not possible in the present state',
  413: 'The body is over 1 MiB',
  415: 'The body is not application/json',
  422: 'Fields are wrong; each has an entry in `errors`',
  500: 'The sidecar failed; details are in its log',
} as const;

/** The failing replies of a route. Every route can fail inside. */
export const problems = (...statuses: (keyof typeof problemDescriptions)[]): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    [...statuses, 500 as const].map((status) => [
      status,
      { description: problemDescriptions[status], content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
    ]),
  );
