/** What an account's own records tell of its addresses: what is kept of each, and which patterns it has. */

import type { Vault, VaultPlace } from '../engine/vault.ts';
import { isPattern } from '../model/address-pattern.ts';
import type { AddressDetails } from '../model/addresses.ts';
import type { AccountId } from '../model/ids.ts';
import { NO_DETAILS } from './address-details.ts';
import { changeRecord } from './change-record.ts';
import { entriesOf } from './domain-records.ts';

const KIND = 'address';

/** The records of all accounts. They go with the account, wherever it goes. */
export class AddressRecords {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** By address or pattern, in normal form. */
  async list(account: AccountId): Promise<Map<string, AddressDetails>> {
    const found = new Map<string, AddressDetails>();
    for await (const { key, value } of entriesOf(this.#vault, account, KIND)) {
      found.set(key, JSON.parse(value) as AddressDetails);
    }
    return found;
  }

  /** Patterns of an account, in order. */
  async patterns(account: AccountId): Promise<string[]> {
    return [...(await this.list(account)).keys()].filter(isPattern);
  }

  async get(account: AccountId, address: string): Promise<AddressDetails | null> {
    const entry = await this.#vault.get(placeOf(account, address));
    return entry && (JSON.parse(entry.value) as AddressDetails);
  }

  async put(account: AccountId, address: string, details: AddressDetails): Promise<void> {
    await this.#vault.put(placeOf(account, address), { value: JSON.stringify(details) });
  }

  /** `false`, and nothing happened, when there is one. */
  create(account: AccountId, address: string, details: AddressDetails): Promise<boolean> {
    return this.#vault.create(placeOf(account, address), { value: JSON.stringify(details) });
  }

  /** Changes what is kept, or what is not kept yet. @throws `BUSY`. */
  async change(
    account: AccountId,
    address: string,
    change: (before: AddressDetails) => AddressDetails,
  ): Promise<AddressDetails> {
    const place = placeOf(account, address);
    const changed = await changeRecord<AddressDetails>(this.#vault, place, (before) => change(before ?? NO_DETAILS));
    return changed as AddressDetails;
  }

  /** Resolves with whether there was one. */
  async remove(account: AccountId, address: string): Promise<boolean> {
    return (await this.#vault.take(placeOf(account, address))) !== null;
  }
}

function placeOf(account: AccountId, address: string): VaultPlace {
  return { owner: account, kind: KIND, key: address };
}
