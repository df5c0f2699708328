/** What every request goes through: who asks, what is granted, what is given, what comes of it. */

import { networkOf } from '../model/networks.ts';
import type { RestRequestMessage } from '../tracing/messages.ts';
import { traced, tracedError } from '../tracing/traced.ts';
import { type Caller, type Grant, grantFor } from './access.ts';
import type { RequestInfo, RestContext } from './context.ts';
import { readInput } from './input.ts';
import { jsonResponse } from './json-response.ts';
import type { Call, Operation } from './operation.ts';
import { ApiError, problemResponse, toApiError } from './problems.ts';

const NOBODY: Caller = { role: 'auth', account: null, tokenId: '' };
const EVERYTHING: Grant = { verbs: [], own: false, hidden: [], writable: null };

/** Answers a request by an operation. Never rejects. */
export async function handle(
  operation: Operation,
  context: RestContext,
  request: Request,
  params: Readonly<Record<string, string>>,
  info: RequestInfo,
): Promise<Response> {
  const timeout = new AbortController();
  const timer = operation.endless ? null : setTimeout(() => timeout.abort(), context.limits.requestMs);
  const signal = AbortSignal.any([request.signal, timeout.signal]);
  const began = performance.now();
  const message: RestRequestMessage = {
    operation: operation.id,
    method: operation.method.toUpperCase(),
    route: operation.path,
    traceparent: request.headers.get('traceparent'),
    tracestate: request.headers.get('tracestate'),
    status: null,
  };
  const answer = await traced('eider:rest.request', message, async (told) => {
    const answer = await answerOrProblem(told);
    told.status = answer.status;
    return answer;
  });
  if (timer) clearTimeout(timer);
  const ms = performance.now() - began;
  context.metrics?.request(operation.id, answer.status, ms);
  return answer;

  async function answerOrProblem(told: RestRequestMessage): Promise<Response> {
    try {
      const answer = answerTo(operation, context, request, params, info, signal);
      return await (timer === null ? answer : Promise.race([answer, afterTimeout(timeout.signal)]));
    } catch (error) {
      const problem = failed(error, operation, context);
      if (problem.status >= 500) told.error = tracedError(error);
      return problem;
    }
  }
}

async function answerTo(
  operation: Operation,
  context: RestContext,
  request: Request,
  params: Readonly<Record<string, string>>,
  info: RequestInfo,
  signal: AbortSignal,
): Promise<Response> {
  const url = new URL(request.url);
  const caller = operation.access ? await identify(context, request, url, info) : NOBODY;
  const account = params.user === undefined ? null : params.user === 'me' ? caller.account : params.user;
  if (params.user === 'me' && account === null) throw new ApiError('UserNotFound', 'the token is of no user');
  const { access } = operation;
  const grant = access ? grantFor(caller, access.resource, access.verb, account) : EVERYTHING;
  if (!grant || (grant.own && access?.any)) throw new ApiError('MissingPrivileges', 'not granted to this token');
  const limit = operation.bodyLimit?.(context) ?? context.limits.bodyOctets;
  const input = withoutHidden(await readInput(operation, request, url, params, limit), operation, grant);
  const user = account === null ? null : await context.store.accounts.get(account);
  if (user && user.id !== account) throw new ApiError('UserNotFound', 'this user does not exist');
  const call: Call<never> = {
    store: context.store,
    input: input as never,
    get user() {
      if (!user) throw new TypeError(`${operation.id} has no user`);
      return user;
    },
    caller,
    grant,
    request,
    info,
    signal,
    stillGranted: async () => {
      const token = tokenOf(request, url);
      return token !== null && (await context.store.auth.verifyToken(token)) !== null;
    },
    headers: new Headers(),
    context,
  };
  const result = await operation.run(call);
  return result instanceof Response ? result : jsonResponse(withoutHiddenFields(result, grant), call.headers);
}

/** Who asks. @throws {@link ApiError} `InvalidToken`, `TooManyRequests`. */
async function identify(context: RestContext, request: Request, url: URL, info: RequestInfo): Promise<Caller> {
  const { limiter, limits, store } = context;
  const from = `bad ${networkOf(info.address ?? '')}`;
  requireNoWait(limiter.wait(from, limits.badTokensPerMinute));
  const token = tokenOf(request, url);
  const found = token === null ? null : await store.auth.verifyToken(token);
  if (!found) {
    if (token !== null) limiter.count(from, limits.badTokensPerMinute);
    throw new ApiError('InvalidToken', token === null ? 'a token is needed' : 'the token is none, or no more', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  if (found.role !== 'root') requireNoWait(limiter.count(`token ${found.id}`, limits.requestsPerMinute));
  return { role: found.role, account: found.account, tokenId: found.id };
}

/** The token, wherever it is given. RFC 6750 section 2. */
function tokenOf(request: Request, url: URL): string | null {
  const bearer = /^bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return bearer ?? request.headers.get('x-access-token') ?? url.searchParams.get('accessToken');
}

function requireNoWait(ms: number): void {
  if (ms === 0) return;
  throw new ApiError('TooManyRequests', 'too many requests', {
    headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
  });
}

/** What a caller may not change is passed over, as if it had not been given. */
function withoutHidden(input: Record<string, unknown>, operation: Operation, grant: Grant): Record<string, unknown> {
  const kept = Object.entries(input).filter(
    ([name]) =>
      !grant.hidden.includes(name) &&
      !(operation.passesOver && grant.writable && !(name in operation.params) && !grant.writable.includes(name)),
  );
  return Object.fromEntries(kept);
}

function withoutHiddenFields(result: object, grant: Grant): object {
  if (grant.hidden.length === 0) return result;
  const strip = (value: object): object =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !grant.hidden.includes(name)));
  const stripped = strip(result) as { results?: unknown };
  if (!Array.isArray(stripped.results)) return stripped;
  return { ...stripped, results: stripped.results.map((entry) => (isObject(entry) ? strip(entry) : entry)) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function afterTimeout(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new ApiError('Timeout', 'this took too long')), { once: true });
  });
}

function failed(error: unknown, operation: Operation, context: RestContext): Response {
  const told = toApiError(error);
  if (told) return problemResponse(told);
  context.logger?.error({ err: error, operation: operation.id }, 'an operation failed');
  return problemResponse(new ApiError('InternalError', 'the server has failed; its log says why'));
}
