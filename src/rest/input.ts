/** The input of an operation: fields of the path, the query and the body, put together and checked. */

import { z } from 'zod';
import type { Operation, Shape } from './operation.ts';
import { ApiError, type FieldErrors } from './problems.ts';
import { fieldsOf, mediaType, readFields } from './read-body.ts';

/** Fields that every operation takes: who is at the other end, for logs. */
export const COMMON_FIELDS: Shape = {
  sess: z.string().max(255).optional().meta({ description: 'Session, for logs' }),
  ip: z.string().max(255).optional().meta({ description: 'IP address that the request was made from, for logs' }),
};

/** In the query, in place of a header; never a field. */
const TOKEN_FIELD = 'accessToken';

const schemas = new WeakMap<Operation, z.ZodObject>();

/** The schema of all that an operation takes. */
export function inputSchema(operation: Operation): z.ZodObject {
  let schema = schemas.get(operation);
  if (!schema) {
    schema = z.strictObject({ ...COMMON_FIELDS, ...operation.query, ...operation.body, ...operation.params });
    schemas.set(operation, schema);
  }
  return schema;
}

/** Reads and checks the input of a request. @throws {@link ApiError} `InputValidationError`, and as {@link readFields}. */
export async function readInput(
  operation: Operation,
  request: Request,
  url: URL,
  params: Readonly<Record<string, string>>,
  limit: number,
): Promise<Record<string, unknown>> {
  const schema = inputSchema(operation);
  const query = fieldsOf(url.searchParams);
  delete query[TOKEN_FIELD];
  const body =
    request.method === 'GET' || request.method === 'HEAD' || isRaw(operation, request)
      ? { fields: {}, isText: false }
      : await readFields(request, limit);
  const { [TOKEN_FIELD]: _, ...given } = body.fields;
  return check(schema, {
    ...fromText(query, schema),
    ...(body.isText ? fromText(given, schema) : fromJson(given, schema)),
    ...fromText(params, schema),
  });
}

/** Whether the body is the operation's to read. */
export function isRaw({ rawBody }: Operation, request: Request): boolean {
  return rawBody !== undefined && (rawBody.includes(mediaType(request)) || rawBody.includes('*/*'));
}

function check(schema: z.ZodObject, fields: Record<string, unknown>): Record<string, unknown> {
  const { success, data, error } = schema.safeParse(fields);
  if (success) return data;
  const details: Record<string, string> = {};
  for (const issue of error.issues.slice(0, 100)) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, 20)) {
        details[[...path, key].join('.').slice(0, 200)] = 'is not known here';
      }
    } else details[path.join('.').slice(0, 200)] ??= issue.message;
  }
  throw new ApiError('InputValidationError', messageOf(details), { details });
}

function messageOf(details: FieldErrors): string {
  return Object.entries(details)
    .slice(0, 5)
    .map(([field, reason]) => `"${field}": ${reason}`)
    .join('; ');
}

/** Values that are text become what the schema wants; empty ones are as if they were not there. */
function fromText(fields: Readonly<Record<string, unknown>>, schema: z.ZodObject): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === '') continue;
    read[name] = convert(schema.shape[name] as z.ZodType | undefined, value);
  }
  return read;
}

/** In JSON too, numbers and truth values may come as text. */
function fromJson(fields: Readonly<Record<string, unknown>>, schema: z.ZodObject): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    read[name] = convert(schema.shape[name] as z.ZodType | undefined, value);
  }
  return read;
}

const TRUE = /^(?:1|y|yes|true|on)$/i;
const FALSE = /^(?:0|n|no|false|off)$/i;
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** The value as the schema wants it, where its text can only mean that; else as it is, to be refused by the schema. */
function convert(schema: z.ZodType | undefined, value: unknown): unknown {
  const wanted = schema && unwrap(schema);
  if (wanted instanceof z.ZodBoolean) {
    if (value === 1 || (typeof value === 'string' && TRUE.test(value))) return true;
    if (value === 0 || (typeof value === 'string' && FALSE.test(value))) return false;
  }
  if (wanted instanceof z.ZodNumber && typeof value === 'string' && NUMBER.test(value)) return Number(value);
  if (wanted instanceof z.ZodArray) {
    const items = Array.isArray(value) ? value : typeof value === 'string' && value !== '' ? [value] : value;
    return Array.isArray(items) ? items.map((item) => convert(wanted.element as z.ZodType, item)) : items;
  }
  if (wanted instanceof z.ZodUnion && typeof value === 'string') {
    for (const option of wanted.options as readonly z.ZodType[]) {
      const converted = convert(option, value);
      if (option.safeParse(converted).success) return converted;
    }
  }
  return value;
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: z.ZodType = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}
