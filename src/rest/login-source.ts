/** From where somebody logs in by the API, and how refusals are told. */

import { isIP } from 'node:net';
import type { Account } from '../model/account.ts';
import type { LoginOutcome } from '../model/authentication.ts';
import type { LoginSource, Scope } from '../model/login-source.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { Caller } from './access.ts';
import type { RequestInfo } from './context.ts';
import { ApiError } from './problems.ts';

const DAY_MS = 86_400_000;
/** How long a token of who has logged in holds. */
const TOKEN_MS: number = 14 * DAY_MS;

/** Scopes by the names that the API has for them. */
export const SCOPE_NAMES: ReadonlyMap<string, Scope> = new Map<string, Scope>([
  ['master', 'rest'],
  ['rest', 'rest'],
  ['imap', 'imap'],
  ['pop3', 'pop3'],
  ['smtp', 'submission'],
  ['submission', 'submission'],
  ['jmap', 'jmap'],
]);

/** The name of a scope in the API. */
export function scopeName(scope: Scope): string {
  return scope === 'submission' ? 'smtp' : scope === 'rest' ? 'master' : scope;
}

/**
 * Where an attempt comes from. Programs that people log in by say whose address it is; what a user's own token says of
 * that counts for nothing.
 */
export function sourceOf(
  { caller, info, input }: { readonly caller: Caller; readonly info: RequestInfo; readonly input: object },
  scope: Scope = 'rest',
  protocol = 'API',
): LoginSource {
  const { ip, sess } = input as { readonly ip?: string; readonly sess?: string };
  const said = caller.role === 'account' || ip === undefined || isIP(ip) === 0 ? undefined : ip;
  return { scope, address: said ?? info.address ?? '', client: sess === undefined ? protocol : `${protocol} ${sess}` };
}

/** @throws {@link ApiError} for an outcome that lets nobody in. */
export function requireGranted(outcome: LoginOutcome): Exclude<LoginOutcome, { readonly kind: 'refused' }> {
  if (outcome.kind !== 'refused') return outcome;
  if (outcome.reason === 'rateLimited') throw rateLimited(outcome.retryAfterMs ?? 0);
  throw new ApiError('AuthFailed', REASONS[outcome.reason] ?? 'Authentication failed');
}

/** Too many attempts. */
export function rateLimited(retryAfterMs: number): ApiError {
  return new ApiError('RateLimitedError', 'too many failed attempts; try again later', {
    headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  });
}

const REASONS: Readonly<Record<string, string>> = {
  appPasswordRequired: 'an app password is needed for this protocol',
  scope: 'not for this protocol',
  network: 'not from this address',
  expired: 'the password has expired',
  mustChange: 'the password must be changed first',
  disabled: 'the account is switched off',
  suspended: 'the account is suspended',
  secondFactor: 'the second factor is wrong',
  ticket: 'the login has ended or expired',
};

/** A token of who has logged in. */
export async function tokenFor(store: MessageStore, account: string, now: number): Promise<string> {
  const expires = new Date(now + TOKEN_MS);
  return (await store.auth.createToken({ role: 'account', account, description: 'login', expires })).token;
}

type FinishCall = Parameters<typeof sourceOf>[0] & {
  readonly store: MessageStore;
  readonly user: Account;
  readonly grant: { readonly hidden: readonly string[] };
  readonly context: { readonly now: () => number };
};

/** Ends a login by a second factor. @throws {@link ApiError} `AuthFailed`, also for a login of another user: then nothing is said of the answer. */
export async function finishLogin(
  call: FinishCall,
  nonce: string,
  factor: Parameters<MessageStore['auth']['completeLogin']>[1],
): Promise<{ id: string; token?: string }> {
  const { store, user, grant, context } = call;
  const outcome = requireGranted(await store.auth.completeLogin(nonce, factor, sourceOf(call)));
  if (outcome.kind !== 'granted' || outcome.account.id !== user.id)
    throw new ApiError('AuthFailed', 'Authentication failed');
  if (grant.hidden.includes('token')) return { id: user.id };
  return { id: user.id, token: await tokenFor(store, user.id, context.now()) };
}
