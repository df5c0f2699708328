/** Whom a login is meant for, as it is counted: a name that is no account's as if it were one, so that both are refused alike. */

import type { AccountId } from '../model/ids.ts';
import { digestOf } from './secrets.ts';

/** Whose counters an attempt raises. */
export interface LoginTarget {
  /** Owner of the counters. */
  readonly owner: string;
  /** `null` when nobody has the name. */
  readonly account: AccountId | null;
}

// No account has such an id.
const NOBODY = 'nobody:';

/** An account. */
export function accountTarget(id: AccountId): LoginTarget {
  return { owner: id, account: id };
}

/**
 * A name that is no account's.
 *
 * @param name in the form in which names are compared, or who writes it otherwise begins anew with guessing
 */
export function nobodyTarget(name: string): LoginTarget {
  return { owner: NOBODY + digestOf(NOBODY, name), account: null };
}
