/** Registers of addresses: a small record of each address, looked through in memory. */

import { createHash } from 'node:crypto';
import type { Vault, VaultPlace } from '../engine/vault.ts';
import { vaultEntries } from '../engine/vault-entries.ts';
import { EiderError } from '../errors.ts';
import { normalizeAddress } from '../model/address.ts';
import { type AddressRegister, MAX_REGISTERED_ADDRESSES, type RegisteredAddress } from '../model/address-register.ts';
import type { AccountId } from '../model/ids.ts';
import { foldText, oneSpaced } from '../model/tokens.ts';
import { changeRecord } from './change-record.ts';

const KIND = 'registeredAddress';
const ID = /^[0-9a-f]{24}$/;
/** Read at once. */
const PAGE = 1_000;
/** Of one message no more are kept. */
const MAX_REMEMBERED = 100;
const MAX_NAME = 128;
const MAX_LIMIT = 250;
/** When an address was used is known no better than that, in milliseconds: it costs a write. */
const USED_MS = 86_400_000;

/** As it is kept. */
interface Stored extends Omit<RegisteredAddress, 'id'> {
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** See {@link AddressRegister}. */
export class StoreAddressRegister implements AddressRegister {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async find(
    account: AccountId,
    query: string,
    { limit = 20 }: { readonly limit?: number } = {},
  ): Promise<RegisteredAddress[]> {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
      throw new EiderError('INVALID_ARGUMENT', `limit is a whole number from 1 to ${MAX_LIMIT}`);
    }
    const wanted = foldText(query.trim());
    if (wanted === '') throw new EiderError('INVALID_ARGUMENT', 'there is nothing to look for');
    const found = (await this.#all(account)).filter((one) => !one.disabled && matches(one, wanted));
    return found
      .sort((a, b) => b.used - a.used || (a.address < b.address ? -1 : 1))
      .slice(0, limit)
      .map(({ used: _used, ...shown }) => shown);
  }

  async remember(
    account: AccountId,
    addresses: readonly { readonly address: string; readonly name?: string | undefined }[],
  ): Promise<void> {
    const given = new Map<string, string>();
    for (const { address, name = '' } of addresses.slice(0, MAX_REMEMBERED)) {
      const normal = normalOf(address);
      if (normal !== null) given.set(normal, [...oneSpaced(name.normalize('NFC'))].slice(0, MAX_NAME).join('').trim());
    }
    const made = await Promise.all([...given].map(([address, name]) => this.#keep(account, address, name)));
    if (made.includes(true)) await this.#forgetOld(account);
  }

  async setDisabled(account: AccountId, id: string, disabled: boolean): Promise<boolean> {
    if (!ID.test(id)) return false;
    const set = (before: Stored | null): Stored | null => before && { ...before, disabled };
    return (await changeRecord(this.#vault, placeOf(account, id), set)) !== null;
  }

  /** Whether it was not there before. */
  async #keep(account: AccountId, address: string, name: string): Promise<boolean> {
    let isNew = false;
    await changeRecord<Stored>(this.#vault, placeOf(account, idOf(address)), (before) => {
      const now = Date.now();
      isNew = before === null;
      if (!before) return { address, name, disabled: false, used: now };
      const isKnown = (name === '' || name === before.name) && now < before.used + USED_MS;
      return before.disabled || isKnown ? null : { ...before, name: name || before.name, used: now };
    });
    return isNew;
  }

  async #forgetOld(account: AccountId): Promise<void> {
    const all = await this.#all(account);
    const old = all.sort((a, b) => b.used - a.used).slice(MAX_REGISTERED_ADDRESSES);
    for (const { id } of old) await this.#vault.take(placeOf(account, id));
  }

  async #all(account: AccountId): Promise<(Stored & { readonly id: string })[]> {
    const all: (Stored & { readonly id: string })[] = [];
    for await (const { key, value } of vaultEntries(this.#vault, { owner: account, kind: KIND }, PAGE)) {
      all.push({ id: key, ...(JSON.parse(value) as Stored) });
    }
    return all;
  }
}

function matches({ address, name }: Stored, wanted: string): boolean {
  const folded = foldText(address);
  const labels = folded.slice(folded.lastIndexOf('@') + 1);
  const foldedName = foldText(name);
  const label = wanted.replace(/^[@.]/, '');
  return (
    folded.startsWith(wanted) ||
    (label !== '' && `.${labels}`.includes(`.${label}`)) ||
    foldedName.startsWith(wanted) ||
    ` ${foldedName.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')}`.includes(` ${wanted}`)
  );
}

function normalOf(address: string): string | null {
  try {
    return normalizeAddress(address);
  } catch {
    return null;
  }
}

const idOf = (address: string): string => createHash('sha256').update(address).digest('hex').slice(0, 24);
const placeOf = (owner: AccountId, key: string): VaultPlace => ({ owner, kind: KIND, key });
