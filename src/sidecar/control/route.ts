import type { Express, RequestHandler } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { HttpError } from './http-error.ts';

/** One call of the API: what answers it, and what the OpenAPI document says about it. */
export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** As OpenAPI spells it: `/v1/sessions/{key}`. */
  readonly path: string;
  readonly operation: ZodOpenApiOperationObject;
  readonly handlers: readonly RequestHandler[];
}

const refuseMethod =
  (methods: readonly string[]): RequestHandler =>
  (request, response) => {
    response.set('Allow', methods.join(', '));
    throw new HttpError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here.`);
  };

/** Everything else on a path that has routes is a wrong method. */
export function mount(app: Express, routes: readonly Route[]): void {
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
    const ours = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const { method, handlers } of group) ours[method](...handlers);
    ours.all(refuseMethod(group.map(({ method }) => method.toUpperCase())));
  }
}
