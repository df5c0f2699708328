/** Calls operations of the API by method and path. */

import type { RestOperations } from './operations.ts';

/** Options of {@link createRestClient}. */
export interface RestClientOptions {
  /** Where the API is, such as `https://mail.example.com/api`. */
  readonly baseUrl: string;
  /** @defaultValue none: only what is open can be asked for */
  readonly token?: string;
  /** @defaultValue that of the platform */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** What the API has refused. */
export class RestClientError extends Error {
  override readonly name = 'RestClientError';
  readonly status: number;
  /** Such as `UserNotFound`; `''` when the answer is none of the API's. */
  readonly code: string;
  /** What is wrong, by field. */
  readonly details: Readonly<Record<string, string>>;

  constructor(status: number, message: string, code: string, details: Readonly<Record<string, string>>) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

type Method = 'get' | 'post' | 'put' | 'delete';
type PathsOf<M extends Method> = {
  [Path in keyof RestOperations]: M extends keyof RestOperations[Path] ? Path : never;
}[keyof RestOperations];
type OperationOf<M extends Method, Path extends keyof RestOperations> = M extends keyof RestOperations[Path]
  ? RestOperations[Path][M]
  : never;
type InputOf<M extends Method, Path extends keyof RestOperations> =
  OperationOf<M, Path> extends { input: infer Input } ? Input : never;
type OutputOf<M extends Method, Path extends keyof RestOperations> =
  OperationOf<M, Path> extends { output: infer Output } ? Output : never;
/** An input without fields need not be given. */
type Given<Input> = Record<never, never> extends Input ? [input?: Input] : [input: Input];
type Call<M extends Method> = <Path extends PathsOf<M>>(
  path: Path,
  ...input: Given<InputOf<M, Path>>
) => Promise<OutputOf<M, Path>>;

/** A client. Each call rejects with a {@link RestClientError} for what the API refuses, and as `fetch` does. */
export interface RestClient {
  readonly get: Call<'get'>;
  readonly post: Call<'post'>;
  readonly put: Call<'put'>;
  readonly delete: Call<'delete'>;
  /**
   * The answer as it comes: for downloads, uploads and streams.
   *
   * @param path with its parameters filled in
   */
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
}

/** Makes a client. */
export function createRestClient({ baseUrl, token, fetch = globalThis.fetch }: RestClientOptions): RestClient {
  const base = baseUrl.replace(/\/$/, '');
  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const answer = await fetch(new Request(`${base}${path}`, { ...init, method: method.toUpperCase(), headers }));
    if (!answer.ok && answer.status !== 304) throw await refusal(answer);
    return answer;
  };
  const call =
    (method: Method) =>
    async (template: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
      const { path, rest } = fill(template, input);
      const hasBody = method === 'post' || method === 'put';
      const url = hasBody ? path : `${path}${queryOf(rest)}`;
      const headers = { 'content-type': 'application/json' };
      const answer = await request(method, url, hasBody ? { headers, body: JSON.stringify(rest) } : {});
      return answer.json();
    };
  return { get: call('get'), post: call('post'), put: call('put'), delete: call('delete'), request } as RestClient;
}

/** Puts parameters into a path; what is left goes elsewhere. */
function fill(
  template: string,
  input: Readonly<Record<string, unknown>>,
): { path: string; rest: Record<string, unknown> } {
  const rest = { ...input };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    if (value === undefined || value === '') throw new TypeError(`${name} is missing`);
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  return { path, rest };
}

function queryOf(fields: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) query.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    }
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function refusal(answer: Response): Promise<RestClientError> {
  const body = (await answer.json().catch(() => ({}))) as {
    readonly error?: string;
    readonly code?: string;
    readonly details?: Readonly<Record<string, string>>;
  };
  return new RestClientError(answer.status, body.error ?? answer.statusText, body.code ?? '', body.details ?? {});
}
