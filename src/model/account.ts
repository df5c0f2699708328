/** Accounts as the directory keeps them. */

import type { AccountId } from './ids.ts';

/** What an account may use at most. */
export interface AccountLimits {
  /** Octets of mail, each message counted once for each mailbox it is in; `null` for no limit. */
  readonly octets: number | null;
  /** Messages; `null` for no limit. */
  readonly messages: number | null;
}

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
