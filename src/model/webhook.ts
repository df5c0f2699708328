/** Webhooks of a store: URLs that are told what happens in it. */

import type { AccountId } from './ids.ts';
import type { StoreEvent } from './store-event.ts';

/** What a webhook is told of. */
export interface WebhookInput {
  /** `https` or `http`, without name and password; at most 2,048 characters. */
  readonly url: string;
  /** 1 to 50 names of events, or beginnings of names such as `message.*`, or `*`. `reset` is always told. */
  readonly types: readonly string[];
  /** Only events of this account. */
  readonly account?: AccountId | null;
}

/** What changes of one; what is not said stays. */
export interface WebhookChange extends Partial<WebhookInput> {
  /** `true` stops it, and `false` lets it go on from where it stopped. */
  readonly disabled?: boolean;
}

/** A webhook. */
export interface Webhook {
  /** 24 hex digits. */
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly account: AccountId | null;
  /** When it was made, milliseconds since 1970. */
  readonly created: number;
  /** Whether what is posted is signed. */
  readonly signed: boolean;
  /** Position of the last event that it needs no more. */
  readonly position: string;
  /** Tries that failed since one was taken. */
  readonly failures: number;
  /** When the first of them was, milliseconds since 1970; `null` for none. */
  readonly failingSince: number | null;
  /** Why the last failed, for people; `null` for none. */
  readonly error: string | null;
  /** It is posted to not before then, milliseconds since 1970. */
  readonly notBefore: number;
  /**
   * Why nothing is posted to it any more; `null` while something is: `asked` by who changed it, `gone` after an answer
   * of 410, `letters` with more dead letters than are kept.
   */
  readonly disabled: WebhookDisabled | null;
}

/** See {@link Webhook.disabled}. */
export type WebhookDisabled = 'asked' | 'gone' | 'letters';

/** An event that a webhook did not take. */
export interface WebhookLetter {
  /** The event's position. */
  readonly id: string;
  readonly event: StoreEvent;
  /** Tries that failed. */
  readonly tries: number;
  /** Why the last failed, for people. */
  readonly error: string;
  /** When it was set aside, milliseconds since 1970. */
  readonly created: number;
  /** When it is tried next, milliseconds since 1970; `null` for a dead letter, which is not. */
  readonly due: number | null;
}

/** Webhooks that are told the events of a store, each at least once and one at a time. */
export interface Webhooks {
  /**
   * Makes one that is told what happens from now on, or after a position. Where the store has a secret, it has one of
   * its own that nobody can ask for again: `whsec_` and base64 of the 32 octets that what is posted is signed under.
   *
   * @throws `INVALID_ARGUMENT`, `ACCOUNT_NOT_FOUND`, `LIMIT_EXCEEDED` with more than 1,000.
   */
  create(
    input: WebhookInput,
    options?: { readonly after?: string },
  ): Promise<{ readonly webhook: Webhook; readonly secret: string | null }>;
  /** All of them, the oldest first. */
  list(): Promise<Webhook[]>;
  get(id: string): Promise<Webhook | null>;
  /** Changes one; `null` for one that is not there. @throws as {@link create}. */
  update(id: string, change: WebhookChange): Promise<Webhook | null>;
  /** `false` for one that is not there. */
  remove(id: string): Promise<boolean>;
  /**
   * Makes another secret; for 24 hours what is posted is signed under both. `null` for a webhook that is not there.
   *
   * @throws `UNSUPPORTED` when the store was opened without a secret.
   */
  rotateSecret(id: string): Promise<string | null>;
  /**
   * Tells it again what came after a position, up to 7 days ago; `false` for one that is not there.
   *
   * @throws `INVALID_ARGUMENT` for what is no position.
   */
  replay(id: string, after: string): Promise<boolean>;
  /** Events that were set aside, the oldest first; those that are tried no more are kept for 30 days. `null` for a webhook that is not there. */
  letters(id: string, options?: { readonly after?: string; readonly limit?: number }): Promise<WebhookLetter[] | null>;
  /** Posts dead letters once more, all or some; resolves with how many, `null` for a webhook that is not there. */
  resend(id: string, letters?: readonly string[]): Promise<number | null>;
  /** Throws letters away, all or some; resolves as {@link resend}. */
  discard(id: string, letters?: readonly string[]): Promise<number | null>;
  /**
   * Posts, until the function that it returns has been called or the store is closed. Of several processes that do so,
   * one does at a time, and another goes on within 30 seconds when it dies.
   */
  start(): () => Promise<void>;
}

/** How webhooks are posted. */
export interface WebhooksOptions {
  /** Whether addresses of this machine and of private networks are posted to, as in a test. @defaultValue `false` */
  readonly allowPrivate?: boolean;
  /** Until an answer has come, in milliseconds. @defaultValue 10,000 */
  readonly timeoutMs?: number;
  /**
   * Waits after the first, second and further tries that failed, in milliseconds; the last for all others. At least one.
   * @defaultValue 5 s, 15 s, 30 s, 1, 5, 15 and 30 minutes, 1 hour
   */
  readonly waitsMs?: readonly number[];
}
