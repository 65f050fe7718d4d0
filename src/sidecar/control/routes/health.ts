import { z } from 'zod';
import { jsonReply, problems } from '../reply.ts';
import type { Route } from '../route.ts';

const healthCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string().optional().describe('What is wrong, and what to do'),
});
export type HealthCheck = z.infer<typeof healthCheck>;

/** Asks the parts of the sidecar, now. */
export type Health = () => Promise<HealthCheck[]>;

export const healthView = z.object({ status: z.enum(['ok', 'failing']), checks: z.array(healthCheck) });

export const healthRoutes = (health: Health): Route[] => [
  {
    method: 'get',
    path: '/v1/health',
    operation: {
      operationId: 'getHealth',
      summary: 'Whether the sidecar can do its work',
      tags: ['sidecar'],
      responses: {
        200: jsonReply('Every check is fine', healthView),
        503: jsonReply('At least one check is not', healthView),
        ...problems(),
      },
    },
    handlers: [
      async (_request, response) => {
        const checks = await health();
        const status = checks.every(({ ok }) => ok) ? 'ok' : 'failing';
        response.status(status === 'ok' ? 200 : 503).json({ status, checks } satisfies z.infer<typeof healthView>);
      },
    ],
  },
];
