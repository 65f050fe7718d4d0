import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectGolden } from '../../support/golden.ts';
import { call } from './call.ts';
import { type RunningControl, startControl } from './doubles.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: { in: string; name: string }[];
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object> };
}

let control: RunningControl;
let document: Document;
beforeAll(async () => {
  control = await startControl();
  document = (await call(control.socket, 'GET', '/openapi.json')).body;
});
afterAll(() => control.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

const METHODS = ['get', 'put', 'post', 'delete'];

/** What Express itself has, read from its router and not from our table. */
const mounted = () =>
  control.app.router.stack.flatMap(({ route }) =>
    METHODS.filter((method) => route?.stack.some((layer) => layer.method === method)).map(
      (method) => `${method} ${route?.path.replaceAll(/:(\w+)/g, '{$1}')}`,
    ),
  );

const everyRef = (node: unknown): string[] =>
  typeof node !== 'object' || node === null
    ? []
    : Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : everyRef(value)));

describe('/openapi.json', () => {
  test('is OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document).toMatchObject({ info: { title: 'kasm-sidecar control endpoint', version: '1.2.3' } });
  });

  test('describes each route that the app has, and no other', () => {
    expect(mounted().length).toBeGreaterThan(0);
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(mounted().sort());
  });

  test('describes what the contract names', () => {
    expect(mounted()).toEqual(
      expect.arrayContaining([
        'put /v1/launch-scripts/{key}',
        'get /v1/launch-scripts',
        'delete /v1/launch-scripts/{key}',
        'get /v1/sessions',
        'get /v1/sessions/{key}',
        'post /v1/sessions/{key}/reconnect',
        'post /v1/sessions/{key}/disconnect',
        'get /v1/events',
        'get /v1/health',
        'get /v1/version',
        'get /openapi.json',
      ]),
    );
  });

  test('gives each operation an id of its own, its path parameters, one good reply and problems', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
      expect(described).toEqual(named);
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
      expect(Object.values(operation.responses).every(({ description }) => description.length > 0)).toBe(true);
      expect(operation.responses['500']?.content).toHaveProperty(
        ['application/problem+json', 'schema', '$ref'],
        '#/components/schemas/Problem',
      );
    }
  });

  test('has every schema that it refers to', () => {
    const refs = everyRef(document);
    expect(refs).toContain('#/components/schemas/Session');
    for (const ref of refs)
      expect(document.components.schemas).toHaveProperty([ref.replace('#/components/schemas/', '')]);
  });

  test('lets replies grow, and refuses unknown fields in what is sent', () => {
    expect(document.components.schemas.LaunchScript).toMatchObject({ additionalProperties: false });
    expect(document.components.schemas.Session).not.toHaveProperty('additionalProperties');
  });

  test('is the one that was reviewed', () => {
    expectGolden(
      'docs/generated/openapi.json',
      `${JSON.stringify({ ...document, info: { ...document.info, version: '1' } }, null, 2)}\n`,
    );
  });
});
