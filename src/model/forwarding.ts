/** Forwarding: where the mail of an account goes on to. */

import type { AccountId } from './ids.ts';

/** Most addresses that mail of an account goes on to. */
export const MAX_FORWARD_TARGETS = 20;

/** Where mail goes on to. */
export interface Forwarding {
  /** Addresses in normal form, 1 to 20, no two the same. */
  readonly targets: readonly string[];
  /** Whether the account keeps it too. If not, what cannot be sent to one of the targets comes to its INBOX. */
  readonly keepCopy: boolean;
}

/** The forwarding of all accounts. */
export interface Forwardings {
  /** `null` when the account's mail stays with it. */
  get(account: AccountId): Promise<Forwarding | null>;
  /**
   * Sets what is given; what is not stays as it was. Spam is not forwarded, and no message twice.
   *
   * @param change `keepCopy` begins as `true`
   * @throws `ACCOUNT_NOT_FOUND`; `ADDRESS_INVALID`; `INVALID_ARGUMENT` for no target, or an address of the account
   *   itself; `LIMIT_EXCEEDED` for more than 20; `BUSY` when others set it all the time.
   */
  set(account: AccountId, change: Partial<Forwarding>): Promise<Forwarding>;
  /** Forgets it; `false` when there was none. */
  remove(account: AccountId): Promise<boolean>;
}
