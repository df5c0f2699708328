/** Accounts as programs see them. */

import type { Account, AccountLimits, CopyMode } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';

/** What is to be made. */
export interface CreateAccountOptions {
  /** 1 to 128 characters, any script, no white space or control characters; may be an address. */
  readonly name: string;
  /** One address, the main one. */
  readonly address?: string;
  /** More addresses; the first is the main one when `address` is absent. */
  readonly addresses?: readonly string[];
  /** @defaultValue none: the account cannot log in */
  readonly password?: string;
  /**
   * In place of `password`: what another server keeps of it, such as `$2b$...`, `{SSHA512}...`, `$6$...`,
   * `$pbkdf2-sha256$...`, `$argon2id$...`. The first login that succeeds replaces it by a hash of our own.
   */
  readonly passwordHash?: string;
  readonly limits?: Partial<AccountLimits>;
  /** @defaultValue `label` */
  readonly copies?: CopyMode;
}

/** What holds of a password that is set. */
export interface PasswordOptions {
  /** A temporary password: it opens nothing from then on. */
  readonly expires?: Date | null;
  /** It must be changed at the next login, where a protocol can ask for that; others refuse it. */
  readonly mustChange?: boolean;
}

/** Why a password may not be chosen, for people; `null` when it may. `account` is `null` while one is made. */
export type PasswordPolicy = (password: string, account: Account | null) => string | null | Promise<string | null>;

/** The directory of accounts. */
export interface Accounts {
  /**
   * @throws `ACCOUNT_EXISTS`, `ADDRESS_EXISTS`, `ACCOUNT_NAME_INVALID`, `ADDRESS_INVALID`, `INVALID_ARGUMENT` (a
   *   password that is too long, a hash of no known form or that would take seconds to compare with, or both).
   */
  create(options: CreateAccountOptions): Promise<Account>;
  /** By id, name or address. @throws `ACCOUNT_NOT_FOUND`. */
  get(ref: string): Promise<Account>;
  /** By id, name or address, or `null`. */
  find(ref: string): Promise<Account | null>;
  /** All, ordered by id. */
  list(): AsyncIterable<Account>;
  /** Whether the account has a password at all. @throws `ACCOUNT_NOT_FOUND`. */
  hasPassword(id: AccountId): Promise<boolean>;
  /**
   * @throws `ACCOUNT_NOT_FOUND`, `ADDRESS_EXISTS`, `ADDRESS_INVALID`, `INVALID_ARGUMENT` (a limit that is no number of
   *   octets or messages), `LIMIT_EXCEEDED` (more than 1,000 addresses).
   */
  update(
    id: AccountId,
    patch: {
      readonly addresses?: readonly string[];
      readonly limits?: Partial<AccountLimits>;
      readonly copies?: CopyMode;
    },
  ): Promise<Account>;
  /**
   * Ends sessions, tokens and half-done logins that came in by the old one.
   *
   * @throws `ACCOUNT_NOT_FOUND`, `INVALID_ARGUMENT`, `PASSWORD_REFUSED`.
   */
  setPassword(id: AccountId, password: string | null, options?: PasswordOptions): Promise<void>;
  /** The same with what another server keeps of the password, as in {@link CreateAccountOptions.passwordHash}. @throws `ACCOUNT_NOT_FOUND`, `INVALID_ARGUMENT`. */
  setPasswordHash(id: AccountId, passwordHash: string): Promise<void>;
  /**
   * Removes the account: nobody finds it, logs in to it or sends to it, and its name and addresses are free. For the
   * store's `restorableDays` {@link MessageStore.recovery} brings it back; `forGood` forgets it with all of its mail.
   * During a legal hold it can be brought back in any case.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `UNSUPPORTED` for good during a legal hold.
   */
  remove(id: AccountId, options?: { readonly forGood?: boolean }): Promise<void>;
  /**
   * Compares the password and nothing else: no app password, second factor, limit or log. Servers ask
   * {@link MessageStore.auth}.
   *
   * @throws `AUTHENTICATION_FAILED`, after the same time for an unknown name as for a wrong password.
   */
  authenticate(name: string, password: string): Promise<Account>;
  /**
   * Whose mailboxes mail for an address, or for a bare account name, goes to; `null` when it goes to nobody's. In the
   * order of `Addresses.resolve`, which tells more.
   */
  resolveRecipient(address: string): Promise<Account | null>;
}
