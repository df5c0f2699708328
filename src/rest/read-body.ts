/** Reads what comes with a request, up to a limit. */

import { ApiError } from './problems.ts';
import { parseStrictJson } from './strict-json.ts';

/** A body as fields: of JSON, or of a form. */
export interface BodyFields {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether all values are text, as a form's. */
  readonly isText: boolean;
}

const NOTHING: BodyFields = { fields: {}, isText: false };

/** The octets of a body. @throws {@link ApiError} `PayloadTooLarge`; `InputValidationError` for one that breaks off. */
export async function readOctets(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(request, limit)) {
    chunks.push(chunk);
    size += chunk.length;
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
}

/** The octets of a body as they come. @throws as {@link readOctets}. */
export async function* bodyChunks(request: Request, limit: number): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  if (!request.body) return;
  let size = 0;
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('InputValidationError', 'the body broke off');
  }
}

/** The fields of a body of JSON or of a form; none, where there is no body. @throws {@link ApiError}. */
export async function readFields(request: Request, limit: number): Promise<BodyFields> {
  const octets = await readOctets(request, limit);
  if (octets.length === 0) return NOTHING;
  const type = mediaType(request);
  if (type === 'application/x-www-form-urlencoded') {
    return { fields: fieldsOf(new URLSearchParams(textOf(octets))), isText: true };
  }
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json')) {
    throw new ApiError('UnsupportedMediaType', `a body of type ${type} is not taken here`);
  }
  const value = parse(textOf(octets));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('InputValidationError', 'the body is no JSON object');
  }
  return { fields: value as Record<string, unknown>, isText: false };
}

/** The type of a body in lower case, without parameters; `''` where nothing is said. */
export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Fields of a query or a form; one that comes more than once is a list. */
export function fieldsOf(search: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    fields[name.endsWith('[]') ? name.slice(0, -2) : name] =
      values.length === 1 && !name.endsWith('[]') ? values[0] : values;
  }
  return fields;
}

function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new ApiError('InputValidationError', 'the body is not UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new ApiError('InputValidationError', `the body cannot be read: ${(error as Error).message.slice(0, 200)}`);
  }
}

function tooLarge(limit: number): ApiError {
  return new ApiError('PayloadTooLarge', `the body is larger than ${limit} octets`, {
    headers: { connection: 'close' },
  });
}
