/** An API over a store of the engine under test, and a caller that compares every answer with what the API says of itself. */

import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Account } from '../../src/model/account.ts';
import type { TokenRole } from '../../src/model/authentication.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import { createRestApi, type RestApi, type RestApiOptions } from '../../src/rest/api.ts';
import type { Operation } from '../../src/rest/operation.ts';
import { OPERATIONS } from '../../src/rest/operations.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';

/** An answer of JSON. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into.
  readonly body: any;
  readonly headers: Headers;
}

/** What a request has beside method, path and body. */
export interface CallOptions {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A store with its API. */
export interface RestFixture {
  readonly store: MessageStore;
  readonly api: RestApi;
  /** Of role `root`. */
  readonly token: string;
  /** Asks, as `root` unless a token is given (`null` for none). A body that is an object is sent as JSON. */
  call(
    method: string,
    path: string,
    body?: object | string | Uint8Array | null,
    options?: CallOptions,
  ): Promise<Answer>;
  /** The raw answer. */
  fetch(method: string, path: string, body?: BodyInit | null, options?: CallOptions): Promise<Response>;
  /** Makes an account. */
  account(name: string, options?: { readonly password?: string }): Promise<Account>;
  /** A token of an account, or of a role. */
  tokenOf(who: Account | Exclude<TokenRole, 'account'>): Promise<string>;
}

/** Opens one, until the test has ended. */
export async function openRest(
  options: Partial<RestApiOptions> = {},
  storeOptions: Partial<OpenStoreOptions> = {},
): Promise<RestFixture> {
  const store = await openTestedStore(storeOptions);
  onTestFinished(() => store.close());
  const errors: unknown[] = [];
  const logger = { info() {}, debug() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
  const api = createRestApi(store, { logger, ...options });
  const { token } = await store.auth.createToken({ role: 'root' });
  const fetch: RestFixture['fetch'] = (method, path, body, { token: own, headers } = {}) =>
    api.fetch(
      new Request(`http://rest.test${path}`, {
        method,
        headers: { ...(own !== null && { authorization: `Bearer ${own ?? token}` }), ...headers },
        ...(body !== null && body !== undefined && { body, duplex: 'half' }),
      }),
      { address: '192.0.2.1' },
    );
  return {
    store,
    api,
    token,
    fetch,
    async call(method, path, body, options = {}) {
      const isJson = typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
      const headers = { ...(isJson && { 'content-type': 'application/json' }), ...options.headers };
      const sent = isJson ? JSON.stringify(body) : (body as BodyInit | null | undefined);
      const response = await fetch(method, path, sent, { ...options, headers });
      const text = await response.text();
      const answer = {
        status: response.status,
        headers: response.headers,
        body: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text,
      };
      if (response.status >= 500)
        throw new Error(`${method} ${path}: ${text} ${errors.map(String).join()}`, { cause: errors.at(-1) });
      requireAsDescribed(api, method, path, answer);
      return answer;
    },
    account: (name, { password } = {}) => store.accounts.create({ name, ...(password !== undefined && { password }) }),
    async tokenOf(who) {
      const made = await store.auth.createToken(
        typeof who === 'string' ? { role: who } : { role: 'account', account: who.id },
      );
      return made.token;
    },
  };
}

/** The operation that answers a request, or `null`. */
export function operationOf(method: string, path: string): Operation | null {
  const plain = path.split('?', 1)[0] as string;
  const fits = ({ method: own, path: template }: Operation): boolean =>
    own.toUpperCase() === method &&
    new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(plain);
  return OPERATIONS.filter(fits).sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0] ?? null;
}

function requireAsDescribed(api: RestApi, method: string, path: string, { status, body }: Answer): void {
  const operation = operationOf(method, path);
  // A path that is no path of the API reaches no operation.
  if (!operation || status === 304 || body.code === 'ResourceNotFound') return;
  const paths = (api.openApi as { paths: Record<string, Record<string, { responses: object }>> }).paths;
  const told = paths[operation.path]?.[operation.method]?.responses ?? {};
  if (!Object.keys(told).includes(String(status)))
    throw new Error(`${operation.id} does not tell of ${status}: ${body.error}`);
  if (status === 206) return;
  if (status !== 200) {
    const description = (told as Record<string, { description: string }>)[status]?.description ?? '';
    if (!description.split(', ').includes(body.code)) throw new Error(`${operation.id} does not tell of ${body.code}`);
    return;
  }
  if ('contentType' in operation.response) return;
  const schema = strict(z.object({ success: z.literal(true), ...operation.response.shape }));
  const { success, error } = schema.safeParse(body);
  if (!success)
    throw new Error(`${operation.id} answers what it does not tell: ${error.message}\n${JSON.stringify(body)}`);
}

/** The same schema, by which nothing may be there that it does not name. */
function strict(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    return z.strictObject(
      Object.fromEntries(Object.entries(schema.shape).map(([name, inner]) => [name, strict(inner as z.ZodType)])),
    );
  }
  if (schema instanceof z.ZodArray) return z.array(strict(schema.element as z.ZodType));
  if (schema instanceof z.ZodOptional) return strict(schema.unwrap() as z.ZodType).optional();
  if (schema instanceof z.ZodNullable) return strict(schema.unwrap() as z.ZodType).nullable();
  if (schema instanceof z.ZodUnion) return z.union(schema.options.map((one) => strict(one as z.ZodType)));
  return schema;
}
