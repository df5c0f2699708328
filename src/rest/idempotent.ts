/** Requests with an `Idempotency-Key`: one that comes again gets the answer of the first. */

import { createHash } from 'node:crypto';
import type { Call } from './operation.ts';
import { ApiError } from './problems.ts';

const KEY = /^[!-~]{1,200}$/;

/**
 * Does what is asked for, once for each key and account.
 *
 * @param run handed a name for a transaction that is the same each time; `null` without a key
 * @throws {@link ApiError} `Conflict` while the first is being done; `InputValidationError` for a key that is none, or
 *   that another request has had.
 */
export async function idempotent<T extends object>(
  { request, store, user, input }: Call<unknown>,
  run: (transactionId: string | null) => Promise<T>,
): Promise<T> {
  const key = request.headers.get('idempotency-key');
  if (key === null) return run(null);
  if (!KEY.test(key)) throw new ApiError('InputValidationError', 'Idempotency-Key: 1 to 200 printable characters');
  const digest = createHash('sha256')
    .update(`${request.method} ${request.url} ${JSON.stringify(input)}`)
    .digest('base64url');
  const known = await store.idempotency.begin(user.id, key, digest);
  if (known.kind === 'done') return JSON.parse(known.answer) as T;
  if (known.kind === 'running') throw new ApiError('Conflict', 'a request with this key is being done');
  if (known.kind === 'other') {
    throw new ApiError('InputValidationError', 'Idempotency-Key: another request has had this one');
  }
  try {
    const answer = await run(key);
    await store.idempotency.finish(user.id, key, digest, JSON.stringify(answer));
    return answer;
  } catch (error) {
    await store.idempotency.forget(user.id, key);
    throw error;
  }
}
