/** The settings of an account that a delivery goes by: small records of one kind, so that one listing brings them all. */

import { DELIVERY_KIND } from '../crypto/encryption-state.ts';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';

/** Tries of who changes a record that others change too. */
const TRIES = 10;

/** Finds an account by its id, or by other names that are not wanted here. @throws `ACCOUNT_NOT_FOUND`. */
export type GetAccount = (ref: string) => Promise<Account>;

/** One record of each account. */
export class SettingRecords<T> {
  readonly #vault: Vault;
  readonly #key: string;
  readonly #format: { readonly read: (value: string) => T; readonly write: (setting: T) => string };

  constructor(
    vault: Vault,
    key: string,
    format: { readonly read: (value: string) => T; readonly write: (setting: T) => string },
  ) {
    this.#vault = vault;
    this.#key = key;
    this.#format = format;
  }

  async get(account: AccountId): Promise<T | null> {
    const entry = await this.#vault.get(this.#place(account));
    return entry && this.#format.read(entry.value);
  }

  /** Makes a new one of what is there, as often as another comes in between. @throws `BUSY`, and what `next` throws. */
  async change(account: AccountId, next: (before: T | null) => T): Promise<T> {
    const place = this.#place(account);
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.#vault.get(place);
      const setting = next(entry && this.#format.read(entry.value));
      const content = { value: this.#format.write(setting) };
      const done = entry ? this.#vault.update(place, entry.version, content) : this.#vault.create(place, content);
      if (await done) return setting;
    }
    throw new EiderError('BUSY', 'others change this setting all the time');
  }

  async remove(account: AccountId): Promise<boolean> {
    return (await this.#vault.take(this.#place(account))) !== null;
  }

  #place(owner: AccountId): { owner: string; kind: string; key: string } {
    return { owner, kind: DELIVERY_KIND, key: this.#key };
  }
}

/** The account with that id. @throws `ACCOUNT_NOT_FOUND`. */
export async function requireAccount(get: GetAccount, id: AccountId): Promise<Account> {
  const account = await get(id);
  if (account.id !== id) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
  return account;
}

/** What was given, over what there was. */
export function overlay<T extends object>(before: T, change: Partial<T>): T {
  const given = Object.entries(change).filter(([name, value]) => value !== undefined && Object.hasOwn(before, name));
  return { ...before, ...Object.fromEntries(given) };
}
