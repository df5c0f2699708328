/** What the API can do, as OpenAPI 3.1, made of the schemas by which it is checked. */

import { z } from 'zod';
import { COMMON_FIELDS } from './input.ts';
import type { Operation, Shape } from './operation.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

type Json = Record<string, unknown>;

/** Errors that any operation can answer with. */
const COMMON_ERRORS: readonly ProblemCode[] = [
  'InputValidationError',
  'TooManyRequests',
  'Busy',
  'Unavailable',
  'Timeout',
];
const ERRORS_WITH_TOKEN: readonly ProblemCode[] = ['InvalidToken', 'MissingPrivileges'];

const PROBLEM: Json = {
  type: 'object',
  description: 'Problem details (RFC 9457)',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    error: { type: 'string', description: 'The same as `detail`' },
    code: { type: 'string', enum: Object.keys(PROBLEMS).sort() },
    details: { type: 'object', additionalProperties: { type: 'string' }, description: 'What is wrong, by field' },
  },
  required: ['type', 'title', 'status', 'detail', 'error', 'code'],
};

/** The document of an API that lies below `basePath`. */
export function openApiDocument(operations: readonly Operation[], basePath: string): object {
  const components: Json = { Problem: PROBLEM };
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = describe(operation, components);
    paths[operation.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'eider',
      version: '1',
      description: 'A mail store, controlled by HTTP',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath || '/' }],
    security: [{ bearer: [] }, { header: [] }, { query: [] }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-Access-Token' },
        query: { type: 'apiKey', in: 'query', name: 'accessToken' },
      },
    },
  };
}

function describe(operation: Operation, components: Json): Json {
  const { id, group, summary, description, access, params, query, body, rawBody } = operation;
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description !== undefined && { description }),
    ...(access ? { 'x-access': `${access.resource}:${access.verb}` } : { security: [] }),
    parameters: [
      ...parameters('path', params, components),
      ...parameters('query', { ...query, ...(rawBody?.includes('*/*') ? body : {}), ...COMMON_FIELDS }, components),
    ],
    ...requestBody(operation, components),
    responses: {
      200: success(operation, components),
      ...(operation.errors?.includes('RangeNotSatisfiable') && { 206: { description: 'A part of it' } }),
      ...problems(operation),
    },
  };
}

function parameters(place: 'path' | 'query', shape: Shape, components: Json): Json[] {
  return Object.entries(shape).map(([name, schema]) => {
    const { description, ...rest } = jsonSchema(schema, 'input', components);
    return {
      name,
      in: place,
      required: place === 'path' || !schema.safeParse(undefined).success,
      ...(typeof description === 'string' && { description }),
      schema: rest,
    };
  });
}

function requestBody({ body, rawBody }: Operation, components: Json): Json {
  const raw = Object.fromEntries(
    (rawBody ?? []).map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
  );
  if (Object.keys(body).length === 0 || rawBody?.includes('*/*'))
    return rawBody ? { requestBody: { content: raw } } : {};
  const schema = jsonSchema(z.strictObject(body), 'input', components);
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  return {
    requestBody: {
      required: required && !rawBody,
      content: { ...raw, 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } },
    },
  };
}

function success({ response }: Operation, components: Json): Json {
  if ('contentType' in response) {
    const { contentType, description } = response;
    return { description, content: { [contentType]: { schema: { type: 'string', format: 'binary' } } } };
  }
  const schema = z.object({ success: z.literal(true), ...response.shape });
  return { description: 'Done', content: { 'application/json': { schema: jsonSchema(schema, 'output', components) } } };
}

function problems({ access, params, errors = [] }: Operation): Json {
  const codes: readonly string[] = [
    ...COMMON_ERRORS,
    ...(access ? ERRORS_WITH_TOKEN : []),
    ...(params.user ? ['UserNotFound'] : []),
    ...errors,
  ];
  const byStatus = new Map<number, string[]>();
  for (const code of [...new Set(codes)].sort()) {
    const status = PROBLEMS[code as ProblemCode];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, names]) => [status, { description: names.join(', '), content }]),
  );
}

/** A schema as JSON Schema; the parts that have a name of their own go to `components`. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const {
    $schema: _,
    $defs,
    ...rest
  } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }) as Json;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json))
    components[name] ??= withReferences(definition);
  return withReferences(rest) as Json;
}

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'id' || typeof (value as Json).id !== 'string')
      .map(([name, inner]) => [
        name,
        name === '$ref' && typeof inner === 'string'
          ? inner.replace('#/$defs/', '#/components/schemas/')
          : withReferences(inner),
      ]),
  );
}
