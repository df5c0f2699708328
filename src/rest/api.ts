/** The API as a function from requests to answers, for any server. */

import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { MessageStore } from '../store/message-store.ts';
import { REST_LIMITS, type RequestInfo, type RestContext, type RestLimits, type RestLogger } from './context.ts';
import { handle } from './handle.ts';
import { AnsweredLists } from './messages/answered-lists.ts';
import { Metrics } from './metrics.ts';
import { openApiDocument } from './open-api.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { ApiError, problemResponse } from './problems.ts';
import { referencePage } from './reference-page.ts';
import { RequestLimiter } from './request-limiter.ts';

/** Options of {@link createRestApi}. */
export interface RestApiOptions {
  /** What stands before every path, such as `/api`. @defaultValue nothing */
  readonly basePath?: string;
  /** Origins whose pages may call the API, or `*`. @defaultValue none */
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<RestLimits>;
  /** @defaultValue nothing is logged */
  readonly logger?: RestLogger;
  /** Whether requests are counted, to be read at `/metrics` with a token of role `root`. @defaultValue `false` */
  readonly metrics?: boolean;
  /** Milliseconds since 1970. @defaultValue the system's clock */
  readonly now?: () => number;
}

/** The API. */
export interface RestApi {
  /**
   * Answers a request. Never rejects: what goes wrong is an answer too.
   *
   * @param info what is known of the client beside the request
   */
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** What the API can do, as OpenAPI 3.1 says it; also answered at `/openapi.json`. */
  readonly openApi: object;
  /** Ends streams of events that are open. Does not close the store. Idempotent. */
  close(): void;
}

/**
 * The REST API of a store. Nothing can be done without a token but reading what the API can do, and asking whether it
 * lives.
 *
 * @example
 * ```ts
 * import { openStore } from 'eider';
 * import { createRestApi } from 'eider/rest';
 *
 * await using store = await openStore({ path: './mail' });
 * const api = createRestApi(store);
 * const { token } = await store.auth.createToken({ role: 'root' });
 * const answer = await api.fetch(
 *   new Request('http://localhost/users', { headers: { authorization: `Bearer ${token}` } }),
 * );
 * console.log(await answer.json());
 * ```
 */
export function createRestApi(store: MessageStore, options: RestApiOptions = {}): RestApi {
  const { basePath = '', now = Date.now } = options;
  const closing = new AbortController();
  const context: RestContext = {
    store,
    limits: { ...REST_LIMITS, ...options.limits },
    limiter: new RequestLimiter(now),
    logger: options.logger ?? null,
    metrics: options.metrics ? new Metrics() : null,
    now,
    streams: new Map(),
    answeredLists: new AnsweredLists(),
    closing: closing.signal,
  };
  const openApi = openApiDocument(OPERATIONS, basePath);
  const document = JSON.stringify(openApi);
  const page = referencePage(OPERATIONS, basePath);
  const app = new Hono<{ Bindings: RequestInfo }>();
  if (options.corsOrigins?.length) app.use('*', corsOf(options.corsOrigins));
  app.use('*', async (c, next) => {
    await next();
    c.res.headers.set('x-content-type-options', 'nosniff');
  });
  for (const operation of OPERATIONS) {
    app.on(operation.method, routeOf(basePath, operation), (c) =>
      handle(operation, context, c.req.raw, c.req.param(), c.env ?? {}),
    );
  }
  app.get(`${basePath}/openapi.json`, (c) => c.body(document, 200, { 'content-type': 'application/json' }));
  app.get(`${basePath}/docs`, (c) => c.body(page, 200, PAGE_HEADERS));
  for (const [path, methods] of methodsByPath(OPERATIONS, basePath)) {
    app.all(path, () => {
      const allow = methods.join(', ');
      return problemResponse(
        new ApiError('MethodNotAllowed', `only ${allow} can be asked here`, { headers: { allow } }),
      );
    });
  }
  app.notFound(() => problemResponse(new ApiError('ResourceNotFound', 'there is nothing at this path')));
  app.onError((error) => {
    context.logger?.error({ err: error }, 'a request failed');
    return problemResponse(new ApiError('InternalError', 'the server has failed; its log says why'));
  });
  return {
    fetch: async (request, info = {}) => app.fetch(request, info),
    openApi,
    close: () => {
      closing.abort();
      context.metrics?.close();
    },
  };
}

/** The page of the API needs nothing but itself. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
};

function corsOf(origins: readonly string[]): ReturnType<typeof cors> {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowHeaders: [
      'authorization',
      'content-type',
      'x-access-token',
      'idempotency-key',
      'if-none-match',
      'last-event-id',
    ],
    exposeHeaders: ['etag', 'retry-after', 'content-disposition'],
    maxAge: 86_400,
  });
}

/** `/users/{user}` as the router has it. */
function routeOf(basePath: string, { path }: Operation): string {
  return basePath + path.replace(/\{(\w+)\}/g, ':$1');
}

function methodsByPath(operations: readonly Operation[], basePath: string): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const operation of operations) {
    const path = routeOf(basePath, operation);
    methods.set(path, [...(methods.get(path) ?? []), operation.method.toUpperCase()]);
  }
  return methods;
}
