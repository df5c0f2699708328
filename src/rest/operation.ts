/** What the API can do, as data: one object is the route, the schema, the documentation and the code of an operation. */

import type { z } from 'zod';
import type { Account } from '../model/account.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { Caller, Grant, Resource, Verb } from './access.ts';
import type { RequestInfo, RestContext } from './context.ts';

/** Methods of HTTP that are used. RFC 9110 section 9.3. */
export type Method = 'get' | 'post' | 'put' | 'delete';

/** What somebody must be granted to call an operation. */
export interface Access {
  readonly resource: Resource;
  readonly verb: Verb;
  /** Whether it is nothing for who is granted only what is his own. */
  readonly any?: boolean;
}

/** Fields by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** What an operation is handed. */
export interface Call<Input> {
  readonly store: MessageStore;
  /** Path, query and body, checked. */
  readonly input: Input;
  /** Of whom `{user}` in the path speaks; asking is an error for an operation without. */
  readonly user: Account;
  readonly caller: Caller;
  /** What the caller is granted; of fields that it hides or ignores. */
  readonly grant: Grant;
  readonly request: Request;
  readonly info: RequestInfo;
  /** Aborted when the client has gone, or the time for the request is over. */
  readonly signal: AbortSignal;
  /** Whether the token still holds; for what goes on for long. */
  stillGranted(): Promise<boolean>;
  /** To be sent with the answer. */
  readonly headers: Headers;
  readonly context: RestContext;
}

/** An answer that is no JSON. */
export interface Download {
  readonly contentType: string;
  readonly description: string;
}

/** How an operation is told of. */
export interface OperationSpec<Params extends Shape, Query extends Shape, Body extends Shape> {
  /** Its name in the API's description, such as `getUsers`. */
  readonly id: string;
  readonly method: Method;
  /** With parameters in braces, such as `/users/{user}`. */
  readonly path: string;
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
  /** `null` for one that needs no token. */
  readonly access: Access | null;
  /** Whether fields that the caller may not change are passed over: those beside `Grant.writable`. */
  readonly passesOver?: boolean;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Content types of a body that the operation reads itself, its fields being in the query then; all, with `*\/*`. */
  readonly rawBody?: readonly string[];
  /** Most octets of a body. @defaultValue 1 MB */
  readonly bodyLimit?: (context: RestContext) => number;
  /** Of the answer; its fields stand beside `success`. */
  readonly response: z.ZodObject | Download;
  /** Whether the answer goes on for as long as somebody listens, so that no time is set. */
  readonly endless?: boolean;
  /** Codes of errors that are its own, as {@link PROBLEMS} has them. */
  readonly errors?: readonly string[];
  run(call: Call<InputOf<Params, Query, Body>>): Promise<object | Response>;
}

type OutputOf<Fields extends Shape> = z.output<z.ZodObject<{ -readonly [Key in keyof Fields]: Fields[Key] }>>;

/** What an operation's code sees. */
export type InputOf<Params extends Shape, Query extends Shape, Body extends Shape> = OutputOf<Params> &
  OutputOf<Query> &
  OutputOf<Body>;

/** An operation of any input. */
export interface Operation extends OperationSpec<Shape, Shape, Shape> {
  readonly params: Shape;
  readonly query: Shape;
  readonly body: Shape;
  run(call: Call<never>): Promise<object | Response>;
}

// biome-ignore lint/complexity/noBannedTypes: no fields.
type NoFields = {};

/** Tells of an operation; what is given decides what its code sees. */
export function operation<
  Params extends Shape = NoFields,
  Query extends Shape = NoFields,
  Body extends Shape = NoFields,
>(spec: OperationSpec<Params, Query, Body>): Operation {
  return { params: {}, query: {}, body: {}, ...spec } as unknown as Operation;
}
