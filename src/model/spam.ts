/** Spam: what others say of a message, and what an account makes of it. */

import type { AccountId } from './ids.ts';

/** Most senders of a list. */
export const MAX_SPAM_SENDERS = 1_000;

/** What was said of a message by whom the store believes. */
export interface SpamVerdict {
  readonly verdict: 'ham' | 'spam' | 'unknown';
  /** In the scale of who made it; `null` for none. */
  readonly score: number | null;
  /** The score from which on it called a message spam, said or supposed; `null` without a score. */
  readonly required: number | null;
  /** `score` by `required`, at least 0, and on the same side of 1 as the verdict; `null` when nothing is known. */
  readonly ratio: number | null;
  /** The header fields that said so, in lower case, the one that decided first; empty when nothing is known. */
  readonly source: readonly string[];
  /** Whether the mail transfer agent wants its word to hold before that of the account. */
  readonly override: boolean;
  /** Whether DMARC failed for the domain of From, so that nobody knows who wrote it. RFC 7489. */
  readonly forged: boolean;
}

/** What an account makes of verdicts. */
export interface SpamSettings {
  /**
   * 0 to 100: 0 makes all mail junk, 100 none; 50 follows the verdict; at 25 half of the score is enough, at 75 it
   * takes half as much again. @defaultValue 50
   */
  readonly level: number;
  /** Addresses and domains (with what lies below them) whose mail is never junk, in normal form. */
  readonly allow: readonly string[];
  /** Addresses and domains (with what lies below them) whose mail is always junk, in normal form. */
  readonly block: readonly string[];
}

/** Where a judgement came from. */
export type SpamReason = 'filter' | 'override' | 'allowed' | 'blocked' | 'level' | 'verdict';

/** Whether a message is junk for an account. */
export interface SpamJudgement {
  readonly junk: boolean;
  readonly reason: SpamReason;
}

/** Spam settings as a store has them. */
export interface Spam {
  settings(account: AccountId): Promise<SpamSettings>;
  /**
   * Changes what is given; a list replaces the one that was there.
   *
   * @throws `INVALID_ARGUMENT` for a level that is none or what is neither address nor domain; `LIMIT_EXCEEDED` above
   *   1,000 senders of a list; `ACCOUNT_NOT_FOUND`; `BUSY`.
   */
  configure(account: AccountId, settings: Partial<SpamSettings>): Promise<SpamSettings>;
}
