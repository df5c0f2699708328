/** Recovery codes: ten second factors on paper, each good once. */

import type { Vault } from '../engine/vault.ts';
import type { AccountId } from '../model/ids.ts';
import { digestOf, inGroups, randomCode } from './secrets.ts';

/** How many there are. */
export const RECOVERY_CODES = 10;

const KIND = 'recoveryCode';

/** The recovery codes of all accounts. */
export class RecoveryCodes {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Makes new ones; the old ones are void. */
  async create(account: AccountId): Promise<string[]> {
    await this.#vault.clear(account, KIND);
    const codes = Array.from({ length: RECOVERY_CODES }, randomCode);
    for (const code of codes) await this.#vault.put(this.#placeOf(account, code), { value: '{}' });
    return codes.map((code) => inGroups(code, '-'));
  }

  async left(account: AccountId): Promise<number> {
    return (await this.#vault.list({ owner: account, kind: KIND }, { limit: RECOVERY_CODES })).length;
  }

  /** Whether a code is right; it is void from now on. */
  async use(account: AccountId, typed: string): Promise<boolean> {
    const code = typed.replace(/[\s-]/g, '').toLowerCase();
    if (!/^[a-z0-9]{16}$/.test(code)) return false;
    return (await this.#vault.take(this.#placeOf(account, code))) !== null;
  }

  async remove(account: AccountId): Promise<void> {
    await this.#vault.clear(account, KIND);
  }

  #placeOf(account: AccountId, code: string): { owner: string; kind: string; key: string } {
    return { owner: account, kind: KIND, key: digestOf(account, code) };
  }
}
