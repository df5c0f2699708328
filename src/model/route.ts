/** Where mail for an address goes. */

import type { Account } from './account.ts';

/** Mail is kept in an account. */
export interface AccountRoute {
  readonly type: 'account';
  readonly account: Account;
  /** What it was found by, in normal form: an address, a pattern such as `*@example.com`, or the account's name. */
  readonly matched: string;
  /** What follows `+` in the localpart, as it was written (RFC 5233); `null` for nothing. */
  readonly detail: string | null;
}

/** Mail is kept nowhere: it goes on. */
export interface ForwardRoute {
  readonly type: 'forward';
  /** The forwarding address, in normal form. */
  readonly matched: string;
  /** Addresses in normal form, 1 to 100. */
  readonly targets: readonly string[];
  /** Messages a day that go on, each target counted; `null` for the store's default. */
  readonly forwardsPerDay: number | null;
}

/** Where mail for an address goes. */
export type Route = AccountRoute | ForwardRoute;
