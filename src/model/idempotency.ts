/** Requests that may come twice and are done once. */

import type { AccountId } from './ids.ts';

/** What is known of a request: nothing; that it is being done; what came of it; or that another one had the same key. */
export type KnownRequest =
  | { readonly kind: 'new' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly answer: string }
  | { readonly kind: 'other' };

/** The memory of requests, for a day. */
export interface Idempotency {
  /** Takes a key for a request. @param digest of what is asked for. */
  begin(account: AccountId, key: string, digest: string): Promise<KnownRequest>;
  /** Keeps what came of it; at most 16 KB. */
  finish(account: AccountId, key: string, digest: string, answer: string): Promise<void>;
  /** Forgets it, so that it may be tried again. */
  forget(account: AccountId, key: string): Promise<void>;
}
