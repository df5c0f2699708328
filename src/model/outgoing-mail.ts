/** Mail that goes out: forwards, automatic replies, and what accounts send. */

import type { AccountId } from './ids.ts';

/** A message to one address. */
export interface OutgoingMail {
  /** Names the message: the same in each try. */
  readonly id: string;
  readonly kind: 'forward' | 'autoReply' | 'submission' | 'webhook';
  /** On whose behalf; `null` for an address that only forwards. */
  readonly account: AccountId | null;
  /** Reverse path; `''` for none. */
  readonly from: string;
  /** An address; of a webhook, its URL. */
  readonly to: string;
  /** Octets. */
  readonly size: number;
  /** Whether the address or the header needs SMTPUTF8. RFC 6531. */
  readonly smtpUtf8: boolean;
  /** The octets, from the beginning, as often as it is called. */
  read(): AsyncIterable<Uint8Array>;
}

/** A mail that waits to be sent, or was given up within the last 30 days. */
export interface WaitingMail {
  readonly id: string;
  readonly kind: OutgoingMail['kind'];
  /** Reverse path; `''` for none. */
  readonly from: string;
  readonly to: string;
  readonly smtpUtf8: boolean;
  /** When it was made, or given up, milliseconds since 1970. */
  readonly created: number;
  /** Tries that failed. */
  readonly failures: number;
  /** When it is tried next, milliseconds since 1970; `null` when it was given up. */
  readonly due: number | null;
  /** Why the last try failed, for people. */
  readonly error: string | null;
}

/** What became of a mail at one try. */
export type OutboxResult = 'sent' | 'delayed' | 'failed' | 'interrupted' | 'lost';

/** Mail that a store sends: forwards, automatic replies, and what its accounts submit. */
export interface Outgoing {
  /** What waits for an account, and what was given up lately; the oldest first. */
  list(account: AccountId): Promise<WaitingMail[]>;
  /**
   * Sends what is due, and resolves with how many were taken over. Processes share the work; no mail is handed to two.
   *
   * @throws `UNSUPPORTED` when the store was opened without `outgoing.send`.
   */
  runDue(options?: { readonly signal?: AbortSignal }): Promise<number>;
  /** Does so every `everyMs` (default 5,000), until the function that it returns has been called, or the store is closed. @throws `UNSUPPORTED`. */
  start(options?: { readonly everyMs?: number }): () => Promise<void>;
}

/**
 * Hands a message to a mail transfer agent. Resolves when it has taken it over. A rejection with an error whose
 * `permanent` is `true` ends the tries; any other leads to another one later.
 */
export type SendMail = (mail: OutgoingMail, signal: AbortSignal) => Promise<void>;
