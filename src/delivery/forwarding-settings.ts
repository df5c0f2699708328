/** Forwarding as a store keeps it. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { normalizeAddress, withoutDetail } from '../model/address.ts';
import { type Forwarding, type Forwardings, MAX_FORWARD_TARGETS } from '../model/forwarding.ts';
import type { AccountId } from '../model/ids.ts';
import { type GetAccount, overlay, requireAccount, SettingRecords } from './setting-records.ts';

const KEY = 'forwarding';
const NOWHERE: Forwarding = { targets: [], keepCopy: true };

/** See {@link Forwardings}. */
export class StoreForwardings implements Forwardings {
  readonly #records: SettingRecords<Forwarding>;
  readonly #getAccount: GetAccount;

  constructor(vault: Vault, getAccount: GetAccount) {
    this.#records = new SettingRecords(vault, KEY, { read, write: JSON.stringify });
    this.#getAccount = getAccount;
  }

  get(account: AccountId): Promise<Forwarding | null> {
    return this.#records.get(account);
  }

  async set(account: AccountId, change: Partial<Forwarding>): Promise<Forwarding> {
    const { addresses } = await requireAccount(this.#getAccount, account);
    return this.#records.change(account, (before) => checked(overlay(before ?? NOWHERE, change), addresses));
  }

  remove(account: AccountId): Promise<boolean> {
    return this.#records.remove(account);
  }
}

/** Of all records of the kind `delivery` that an account has; `null` when its mail stays with it. */
export function readForwarding(entries: readonly VaultEntry[]): Forwarding | null {
  const entry = entries.find(({ key }) => key === KEY);
  return entry ? read(entry.value) : null;
}

const read = (value: string): Forwarding => JSON.parse(value) as Forwarding;

function checked({ targets, keepCopy }: Forwarding, own: readonly string[]): Forwarding {
  if (!Array.isArray(targets) || targets.length === 0) throw invalid('forwarding needs an address to go to');
  if (typeof keepCopy !== 'boolean') throw invalid('the account keeps a copy or not');
  if (targets.length > MAX_FORWARD_TARGETS) {
    throw new EiderError('LIMIT_EXCEEDED', `mail is forwarded to at most ${MAX_FORWARD_TARGETS} addresses`);
  }
  const normal = [...new Set(targets.map((target) => normalizeAddress(String(target))))];
  const back = normal.find((target) => own.includes(target) || own.includes(withoutDetail(target) ?? target));
  if (back !== undefined) throw invalid(`${back} is an address of the account itself`);
  return { targets: normal, keepCopy };
}

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
