/** The addresses of an account: added, listed, made the main one, taken away. */

import type { AccountRecord, Directory } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { normalizeAddress, splitAddress } from '../model/address.ts';
import { type AddressPattern, isPattern, parsePattern } from '../model/address-pattern.ts';
import type { AccountAddress, AddressDetails, AddressFilter, AddressOptions } from '../model/addresses.ts';
import type { AccountId } from '../model/ids.ts';
import { changedDetails, hasTag, NO_DETAILS } from './address-details.ts';
import type { AddressParts } from './address-parts.ts';
import { requireDomain } from './domain-records.ts';
import { isAbsent } from './removed-accounts.ts';

/** Most addresses of an account, patterns aside. */
export const MAX_ADDRESSES = 1_000;
/** Most patterns of an account. */
export const MAX_PATTERNS = 100;
const PAGE = 200;

/** The addresses of the accounts of a store. */
export class AccountAddresses {
  readonly #directory: Directory;
  readonly #parts: AddressParts;

  constructor(directory: Directory, parts: AddressParts) {
    this.#directory = directory;
    this.#parts = parts;
  }

  async list(account: AccountId, filter?: AddressFilter): Promise<AccountAddress[]> {
    return this.#listOf(await this.#record(account), filter);
  }

  async *all(filter?: AddressFilter): AsyncGenerator<AccountAddress & { account: AccountId }, void, undefined> {
    for (let after: AccountId | undefined; ; ) {
      const page = await this.#directory.list({ ...(after !== undefined && { after }), limit: PAGE });
      for (const record of page.filter((one) => !isAbsent(one))) {
        for (const address of await this.#listOf(record, filter)) yield { account: record.id, ...address };
      }
      after = page.at(-1)?.id;
      if (after === undefined) return;
    }
  }

  async add(
    account: AccountId,
    text: string,
    { main = false, ...options }: AddressOptions & { readonly main?: boolean } = {},
  ): Promise<AccountAddress> {
    const details = changedDetails(NO_DETAILS, options);
    await this.#record(account);
    if (isPattern(text)) return this.#addPattern(account, text, details, main);
    const address = normalizeAddress(text);
    const apply = (current: readonly string[]): string[] => {
      if (current.includes(address)) throw existsHere(address);
      requireCount(current.length + 1);
      return main ? [address, ...current] : [...current, address];
    };
    await this.#parts.claims.change(account, { added: [address], apply });
    // In place of what an earlier address of this name may have left.
    await this.#parts.records.put(account, address, details);
    return this.#shown(account, address, details);
  }

  async update(account: AccountId, text: string, options: AddressOptions): Promise<AccountAddress> {
    const address = normalForm(text);
    if (!(await this.#has(account, address))) throw notFound();
    const details = await this.#parts.records.change(account, address, (before) => changedDetails(before, options));
    return this.#shown(account, address, details);
  }

  async makeMain(account: AccountId, text: string): Promise<void> {
    const address = normalForm(text);
    await this.#record(account);
    await this.#directory.update(account, {
      addresses: (current) => {
        if (!current.includes(address)) throw notFound();
        return [address, ...current.filter((one) => one !== address)];
      },
    });
  }

  async remove(account: AccountId, text: string): Promise<boolean> {
    const address = normalForm(text);
    await this.#record(account);
    const had = isPattern(address)
      ? // First what leads to the account: what is left when this is cut short leads nowhere.
        await this.#parts.patterns.release(parsePattern(address), { account })
      : await this.#removeExact(account, address);
    const wasKept = await this.#parts.records.remove(account, address);
    return had || (isPattern(address) && wasKept);
  }

  async #removeExact(account: AccountId, address: string): Promise<boolean> {
    let had = false;
    await this.#directory.update(account, {
      addresses: (current) => {
        had = current.includes(address);
        if (current[0] === address) throw new EiderError('ADDRESS_PROTECTED', `${address} is the main address`);
        return current.filter((one) => one !== address);
      },
    });
    return had;
  }

  async #addPattern(account: AccountId, text: string, details: AddressDetails, main: boolean): Promise<AccountAddress> {
    const pattern = parsePattern(text);
    if (main) throw new EiderError('INVALID_ARGUMENT', 'a pattern cannot be the main address');
    const { patterns, records } = this.#parts;
    const others = (await records.patterns(account)).filter((one) => one !== pattern.address);
    if (others.length >= MAX_PATTERNS) {
      throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_PATTERNS} patterns`);
    }
    const isOurs = await records.create(account, pattern.address, details);
    try {
      // One that is on record and leads nowhere is what an addition that was cut short has left.
      if (!(await patterns.hold(pattern, { account }))) throw existsHere(pattern.address);
    } catch (error) {
      if (isOurs && !(await this.#leadsTo(account, pattern))) await records.remove(account, pattern.address);
      throw error;
    }
    if (!isOurs) await records.put(account, pattern.address, details);
    return { address: pattern.address, isMain: false, isPattern: true, ...details };
  }

  async #leadsTo(account: AccountId, pattern: AddressPattern): Promise<boolean> {
    const holder = await this.#parts.patterns.holder(pattern);
    return holder !== null && 'account' in holder && holder.account === account;
  }

  async #has(account: AccountId, address: string): Promise<boolean> {
    await this.#record(account);
    if (isPattern(address)) return (await this.#parts.records.get(account, address)) !== null;
    const owner = await this.#directory.find(address);
    return owner?.id === account && owner.addresses.includes(address);
  }

  async #listOf(record: AccountRecord, { tag, domain }: AddressFilter = {}): Promise<AccountAddress[]> {
    const of = domain === undefined ? null : requireDomain(domain);
    const kept = await this.#parts.records.list(record.id);
    const addresses = [...record.addresses, ...[...kept.keys()].filter(isPattern)];
    return addresses
      .map((address) => shown(record, address, kept.get(address) ?? NO_DETAILS))
      .filter((one) => hasTag(one, tag) && (of === null || splitAddress(one.address)?.domain === of));
  }

  async #shown(account: AccountId, address: string, details: AddressDetails): Promise<AccountAddress> {
    return shown(await this.#record(account), address, details);
  }

  async #record(account: AccountId): Promise<AccountRecord> {
    const record = await this.#directory.get(account);
    if (!record || isAbsent(record)) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return record;
  }
}

/** @throws `LIMIT_EXCEEDED`. */
export function requireCount(addresses: number): void {
  if (addresses <= MAX_ADDRESSES) return;
  throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_ADDRESSES} addresses`);
}

/** An address or a pattern as it is compared. @throws `ADDRESS_INVALID`. */
export function normalForm(text: string): string {
  return isPattern(text) ? parsePattern(text).address : normalizeAddress(text);
}

function existsHere(address: string): EiderError {
  return new EiderError('ADDRESS_EXISTS', `the account has ${address} already`);
}

function notFound(): EiderError {
  return new EiderError('ADDRESS_NOT_FOUND', 'the account has no such address');
}

function shown({ addresses }: AccountRecord, address: string, details: AddressDetails): AccountAddress {
  return { address, isMain: addresses[0] === address, isPattern: isPattern(address), ...details };
}
