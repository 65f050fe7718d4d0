import { type CreateDocumentOptions, createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { launchScriptView, sessionEvent, sessionView } from '../../shared/session-view.ts';
import { problemSchema } from './problem.ts';
import type { Route } from './route.ts';

/** Replies may gain fields within a version, so the document must not tell clients to refuse what they don't know. */
const openReplies: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, io }) => {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

const pathsOf = (routes: readonly Route[]): ZodOpenApiPathsObject => {
  const paths: ZodOpenApiPathsObject = {};
  for (const { path, method, operation } of routes) paths[path] = { ...paths[path], [method]: operation };
  return paths;
};

/** The document of exactly these routes, from the schemas that also check what comes in. */
export const createOpenApi = (routes: readonly Route[], version: string) =>
  createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'kasm-sidecar control endpoint',
        version,
        description:
          'HTTP on the unix socket /var/run/kasm-sidecar/control.sock. Failing replies are RFC 9457 problems.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: 'http://localhost', description: 'On the unix socket; the host name does not matter' }],
      paths: pathsOf(routes),
      components: {
        schemas: {
          LaunchScriptView: launchScriptView,
          Session: sessionView,
          SessionEvent: sessionEvent,
          Problem: problemSchema,
        },
      },
    },
    { override: openReplies },
  );
