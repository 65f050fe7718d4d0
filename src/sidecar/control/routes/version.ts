import { z } from 'zod';
import { jsonReply, problems } from '../reply.ts';
import type { Route } from '../route.ts';

export const versionView = z.object({ name: z.literal('kasm-sidecar'), version: z.string() });

export const versionRoutes = (version: string): Route[] => [
  {
    method: 'get',
    path: '/v1/version',
    operation: {
      operationId: 'getVersion',
      summary: 'What is running here',
      tags: ['sidecar'],
      responses: { 200: jsonReply('Name and version', versionView), ...problems() },
    },
    handlers: [
      (_request, response) => {
        response.json({ name: 'kasm-sidecar', version } satisfies z.infer<typeof versionView>);
      },
    ],
  },
];
