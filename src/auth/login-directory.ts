/** Accounts as logins find them. */

import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { FactorsSwitched } from './account-statuses.ts';

/** An account as it logs in. */
export interface LoginAccount {
  readonly account: Account;
  readonly passwordHash: string | null;
}

/** Who is behind a name. */
export interface LoginDirectory {
  /** By name or address, as typed. Takes as long when there is none. */
  find(name: string): Promise<LoginAccount | null>;
  /** A name as it is compared; what can be no name stays as it is. */
  normalize(name: string): string;
  /** To be called for who is let in: gives an account that was made by halves what it lacks. */
  complete(id: AccountId): Promise<void>;
  get(id: AccountId): Promise<Account | null>;
  /** Keeps a password that was right in our own form, when it is kept in that of another server. */
  rehash(login: LoginAccount, password: string): Promise<void>;
  /** Told after second factors were switched on or off. */
  readonly factorsSwitched?: FactorsSwitched;
}
