/** Accounts as the directory keeps them. */

import type { AccountLimits } from './account-limits.ts';
import type { AccountId } from './ids.ts';

export type { AccountLimits } from './account-limits.ts';

/** What COPY does: give the message one more mailbox (as Gmail's labels), or make a message of its own. */
export type CopyMode = 'label' | 'separate';

/** An account of the directory. Credentials are kept apart and never leave the store. */
export interface Account {
  readonly id: AccountId;
  /** Login name, NFC and lower case; unique among the names and addresses of all accounts. */
  readonly name: string;
  /** Addresses in normal form, the main one first; may be empty. */
  readonly addresses: readonly string[];
  readonly limits: AccountLimits;
  readonly copies: CopyMode;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** What an account uses of its limits. */
export interface Usage {
  readonly octets: number;
  readonly messages: number;
}
