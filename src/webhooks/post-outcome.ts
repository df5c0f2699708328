/** What a try to post an event has come to, and what follows from it. */

import { EiderError } from '../errors.ts';
import { ForbiddenAddressError, type PostAnswer } from '../net/signed-post.ts';
import type { WebhookProgress } from './webhook-records.ts';

/** What a try came to. */
export type PostOutcome =
  | { readonly kind: 'taken' }
  | {
      /**
       * `refused`: the receiver does not want this event. `failed`: there is none that answers, or it is not well.
       * `gone`: it wants no events at all.
       */
      readonly kind: 'refused' | 'failed' | 'gone';
      /** For people. */
      readonly error: string;
      readonly retryAfterMs: number | null;
    };

/** A try that was not taken. */
export type PostFailure = Exclude<PostOutcome, { readonly kind: 'taken' }>;

/** Waits after tries that failed, in milliseconds. */
export const WAITS_MS: readonly number[] = [5_000, 15_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000];
/** Most that a receiver may ask to be left alone for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_ERROR = 300;
const GONE = 410;
/** Request Timeout, Too Early, Too Many Requests: of these another try may come to more. */
const PASSING: readonly number[] = [408, 425, 429];

/** @throws `INVALID_ARGUMENT` for waits that are none. */
export function requireWaits(waitsMs: readonly number[]): void {
  if (waitsMs.length > 0 && waitsMs.every((ms) => ms >= 0 && Number.isFinite(ms))) return;
  throw new EiderError('INVALID_ARGUMENT', 'waitsMs of webhooks has at least one wait, in milliseconds');
}

/** What a try came to, from what it resolved or rejected with. */
export async function outcomeOf(posting: Promise<PostAnswer>): Promise<PostOutcome> {
  try {
    const { status, retryAfterMs } = await posting;
    if (status >= 200 && status < 300) return { kind: 'taken' };
    const error = `the webhook has answered ${status}`;
    if (status === GONE) return { kind: 'gone', error, retryAfterMs };
    const isRefused = status < 500 && !PASSING.includes(status);
    return { kind: isRefused ? 'refused' : 'failed', error, retryAfterMs };
  } catch (cause) {
    if (cause instanceof ForbiddenAddressError) return { kind: 'refused', error: cause.message, retryAfterMs: null };
    const reason = (cause as Error).message || String((cause as NodeJS.ErrnoException).code ?? 'of no known reason');
    const error = `the webhook cannot be reached: ${reason}`.slice(0, MAX_ERROR);
    return { kind: 'failed', error, retryAfterMs: null };
  }
}

/** How far a webhook is after a try that was not taken: it is left alone the longer, the more tries failed. */
export function afterFailure(
  before: WebhookProgress,
  { error, retryAfterMs }: PostFailure,
  waitsMs: readonly number[],
): WebhookProgress {
  const now = Date.now();
  const wait = waitsMs[Math.min(before.failures, waitsMs.length - 1)] as number;
  const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return {
    ...before,
    failures: before.failures + 1,
    failingSince: before.failingSince ?? now,
    error,
    notBefore: now + Math.max(wait, asked),
  };
}

/** The same after one that was taken. */
export function afterSuccess(before: WebhookProgress): WebhookProgress {
  return { ...before, failures: 0, failingSince: null, error: null, notBefore: 0 };
}
