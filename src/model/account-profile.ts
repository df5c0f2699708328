/** What is kept of an account beside what the store itself goes by: for people, and for programs. */

import type { AccountId } from './ids.ts';

/** A JSON object of a program's own. */
export type JsonObject = { readonly [name: string]: unknown };

/** Most octets of each JSON object, as JSON in UTF-8. */
export const MAX_PROFILE_DATA_OCTETS = 60_000;
/** Most tags of an account. */
export const MAX_ACCOUNT_TAGS = 100;

/** What is kept of an account. */
export interface AccountProfile {
  /** The owner's name, at most 256 characters; `''` for none. */
  readonly displayName: string;
  /** A language tag such as `de`, at most 20 characters; `''` for none. RFC 5646. */
  readonly language: string;
  /** At most 100 of 1 to 128 characters, sorted; no two are the same but for case. */
  readonly tags: readonly string[];
  /** Addresses, or patterns with `*`, that the account may send from beside its own; at most 100. */
  readonly sendAs: readonly string[];
  /** The program's own, that the account's owner may see. */
  readonly data: JsonObject;
  /** The program's own, that the account's owner may not see. */
  readonly internalData: JsonObject;
}

/** The profile of an account of which nothing was said. */
export const EMPTY_PROFILE: AccountProfile = {
  displayName: '',
  language: '',
  tags: [],
  sendAs: [],
  data: {},
  internalData: {},
};

/** Profiles as a store has them. */
export interface AccountProfiles {
  get(account: AccountId): Promise<AccountProfile>;
  /** Changes what is given. @throws `INVALID_ARGUMENT` for what is too long or too much; `BUSY`. */
  update(account: AccountId, change: Partial<AccountProfile>): Promise<AccountProfile>;
}
