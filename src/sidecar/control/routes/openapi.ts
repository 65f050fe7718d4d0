import { z } from 'zod';
import { createOpenApi } from '../openapi.ts';
import { jsonReply, problems } from '../reply.ts';
import type { Route } from '../route.ts';

const operation: Route['operation'] = {
  operationId: 'getOpenApi',
  summary: 'This document',
  tags: ['sidecar'],
  responses: { 200: jsonReply('OpenAPI 3.1', z.looseObject({ openapi: z.string() })), ...problems() },
};

/** Describes `others` and itself. */
export function openApiRoute(others: readonly Route[], version: string): Route {
  const route: Route = {
    method: 'get',
    path: '/openapi.json',
    operation,
    handlers: [(_request, response) => response.json(document)],
  };
  const document = createOpenApi([...others, route], version);
  return route;
}
