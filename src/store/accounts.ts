/** Accounts: made, found by name or address, let in by password. */

import type { AccountPatch, AccountRecord, Engine } from '../engine/engine.ts';
import { EiderError, isEiderError } from '../errors.ts';
import type { Account, AccountLimits } from '../model/account.ts';
import { changeLimits, NO_LIMITS } from '../model/account-limits.ts';
import { normalizeAccountName, normalizeAddress } from '../model/address.ts';
import { isPattern, parsePattern } from '../model/address-pattern.ts';
import { type AccountId, newId } from '../model/ids.ts';
import { DEFAULT_MAILBOXES } from '../model/mailbox.ts';
import { requireCount } from './account-addresses.ts';
import { type AddressParts, addressParts } from './address-parts.ts';
import { attempt } from './address-resolver.ts';
import { hasHold } from './legal-holds.ts';
import type { Accounts, CreateAccountOptions, PasswordOptions, PasswordPolicy } from './message-store.ts';
import { hideAccount, isAbsent } from './removed-accounts.ts';

const ID = /^[a-z0-9-]{1,64}$/;
const PAGE = 200;
const MAX_KNOWN = 100_000;

/** Makes and checks password hashes. */
export interface AccountPasswords {
  hash(password: string): Promise<string>;
  /** Takes the same time for `null` as for a hash. */
  verify(hash: string | null, password: string, who: string): Promise<boolean>;
  /** Whether it is a hash that `verify` understands. */
  isKnownHash(hash: string): boolean;
  /** Whether `hash` would make another kind of hash. */
  needsRehash(hash: string): boolean;
}

/** An account, and what its password is kept as. */
export interface AccountLogin {
  readonly account: Account;
  readonly passwordHash: string | null;
}

/** What the accounts tell and ask others. */
export interface AccountHooks {
  /** Ends what is open of an account that may come back. */
  readonly hidden?: (id: AccountId) => Promise<void>;
  /** Ends what came in by the old password, and notes what holds of the new one. */
  readonly passwordChanged?: (id: AccountId, password: string | null, options: PasswordOptions) => Promise<void>;
  /** Told after all of an account's addresses were set. */
  readonly addressesSet?: (id: AccountId, before: readonly string[], after: readonly string[]) => void;
  /** Why a password may not be chosen, for people; `null` when it may. */
  readonly passwordPolicy?: PasswordPolicy;
}

/** The accounts of a store, over its engine. */
export class StoreAccounts implements Accounts {
  readonly #engine: Engine;
  readonly #passwords: AccountPasswords;
  readonly #hooks: AccountHooks;
  readonly #restorable: boolean;
  readonly #addresses: AddressParts;
  /** Accounts that are known to have their mailboxes. */
  readonly #complete = new Set<AccountId>();

  /** @param restorable whether removed accounts can be brought back */
  constructor(engine: Engine, passwords: AccountPasswords, hooks: AccountHooks = {}, restorable = false) {
    this.#restorable = restorable;
    this.#engine = engine;
    this.#passwords = passwords;
    this.#hooks = hooks;
    this.#addresses = addressParts(engine);
  }

  async create(options: CreateAccountOptions): Promise<Account> {
    if (options.password !== undefined) await this.#requireAllowed(options.password, null);
    const name = normalizeAccountName(options.name);
    const given = options.address === undefined ? [] : [options.address];
    const record: AccountRecord = {
      id: newId(),
      name,
      addresses: normalizeAddresses([...given, ...(options.addresses ?? [])]),
      limits: changeLimits(NO_LIMITS, options.limits),
      copies: options.copies ?? 'label',
      created: Date.now(),
      passwordHash: await this.#firstHash(options),
    };
    try {
      await this.#addresses.claims.create(record);
      return await this.completed(record);
    } catch (error) {
      if (!isEiderError(error, 'ACCOUNT_EXISTS', 'ADDRESS_EXISTS')) {
        await this.#engine.directory.delete(record.id).catch(() => {});
      }
      throw error;
    }
  }

  async get(ref: string): Promise<Account> {
    const account = await this.find(ref);
    if (!account) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return account;
  }

  async find(ref: string): Promise<Account | null> {
    const byId = ID.test(ref) ? usable(await this.#engine.directory.get(ref)) : null;
    const record = byId ?? (await this.#findByName(ref));
    return record && this.completed(record);
  }

  async *list(): AsyncGenerator<Account, void, undefined> {
    let after: AccountId | undefined;
    do {
      const page = await this.#engine.directory.list({ ...(after !== undefined && { after }), limit: PAGE });
      for (const record of page) if (!isAbsent(record)) yield toAccount(record);
      after = page.at(-1)?.id;
    } while (after !== undefined);
  }

  async update(
    id: AccountId,
    patch: { addresses?: readonly string[]; limits?: Partial<AccountLimits>; copies?: Account['copies'] },
  ): Promise<Account> {
    const record = await this.#record(id);
    const settings = {
      ...(patch.limits && { limits: changeLimits(record.limits, patch.limits) }),
      ...(patch.copies && { copies: patch.copies }),
    };
    if (patch.addresses) await this.#setAddresses(record, normalizeAddresses(patch.addresses), settings);
    else await this.#engine.directory.update(id, settings);
    return toAccount(await this.#record(id));
  }

  async hasPassword(id: AccountId): Promise<boolean> {
    return (await this.#record(id)).passwordHash !== null;
  }

  async setPassword(id: AccountId, password: string | null, options: PasswordOptions = {}): Promise<void> {
    if (options.expires && Number.isNaN(options.expires.getTime())) {
      throw new EiderError('INVALID_ARGUMENT', 'the end of the password is no date');
    }
    if (password !== null) await this.#requireAllowed(password, await this.byId(id));
    const passwordHash = password === null ? null : await this.#passwords.hash(password);
    await this.#engine.directory.update(id, { passwordHash });
    await this.#hooks.passwordChanged?.(id, password, options);
  }

  async setPasswordHash(id: AccountId, passwordHash: string): Promise<void> {
    this.#requireKnownHash(passwordHash);
    await this.#engine.directory.update(id, { passwordHash });
    await this.#hooks.passwordChanged?.(id, null, {});
  }

  async remove(id: AccountId, { forGood = false }: { readonly forGood?: boolean } = {}): Promise<void> {
    this.#complete.delete(id);
    const patterns = ID.test(id) ? await this.#addresses.records.patterns(id) : [];
    const isHeld = ID.test(id) && (await hasHold({ engine: this.#engine }, id));
    if (isHeld && forGood) throw new EiderError('UNSUPPORTED', 'there is a legal hold on the account');
    if (forGood || !(this.#restorable || isHeld)) {
      if (!(await this.#engine.directory.delete(id))) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    } else {
      await hideAccount(this.#engine, await this.#record(id), Date.now());
      await this.#hooks.hidden?.(id);
    }
    for (const pattern of patterns) await this.#addresses.patterns.release(parsePattern(pattern), { account: id });
  }

  /** Who logs in by a name or an address, and what his password is kept as. */
  async login(name: string): Promise<AccountLogin | null> {
    const record = await this.#findByName(name);
    return record && { account: toAccount(record), passwordHash: record.passwordHash };
  }

  /** Gives an account that was made by halves what it lacks. Not before a login has proven itself: it takes time. */
  async complete(id: AccountId): Promise<void> {
    if (this.#complete.has(id)) return;
    await ensureDefaultMailboxes(this.#engine, id);
    if (this.#complete.size >= MAX_KNOWN) this.#complete.clear();
    this.#complete.add(id);
  }

  /**
   * Keeps a password that was right in our own form, unless it is kept so or was changed meanwhile. When that fails,
   * the next login does it.
   */
  async rehash({ account, passwordHash }: AccountLogin, password: string): Promise<void> {
    if (passwordHash === null || !this.#passwords.needsRehash(passwordHash)) return;
    try {
      const own = await this.#passwords.hash(password);
      await this.#engine.directory.replacePasswordHash(account.id, passwordHash, own);
    } catch (error) {
      if (!isEiderError(error)) throw error;
    }
  }

  /** By id alone. */
  async byId(id: AccountId): Promise<Account | null> {
    const record = ID.test(id) ? usable(await this.#engine.directory.get(id)) : null;
    return record && toAccount(record);
  }

  async authenticate(name: string, password: string): Promise<Account> {
    // By name and address only: an id is no secret, and no login.
    const record = await this.#findByName(name);
    const right = await this.#passwords.verify(record?.passwordHash ?? null, password, name);
    if (!record || !right) throw new EiderError('AUTHENTICATION_FAILED', 'unknown account or wrong password');
    const account = await this.completed(record);
    await this.rehash({ account, passwordHash: record.passwordHash }, password);
    return account;
  }

  async resolveRecipient(address: string): Promise<Account | null> {
    const found = await this.#addresses.resolver.resolve(address);
    return found && 'record' in found ? this.completed(found.record) : null;
  }

  async #firstHash({ password, passwordHash }: CreateAccountOptions): Promise<string | null> {
    if (passwordHash === undefined) return password === undefined ? null : this.#passwords.hash(password);
    if (password !== undefined) throw new EiderError('INVALID_ARGUMENT', 'a password and a hash are both given');
    this.#requireKnownHash(passwordHash);
    return passwordHash;
  }

  #requireKnownHash(hash: string): void {
    if (this.#passwords.isKnownHash(hash)) return;
    throw new EiderError('INVALID_ARGUMENT', 'the hash of the password is of no known form, or asks for too much work');
  }

  /** A name as it is compared; what can be none stays as it is. */
  normalize(ref: string): string {
    return keysOf(ref)[0] ?? ref;
  }

  async #findByName(ref: string): Promise<AccountRecord | null> {
    for (const key of keysOf(ref)) {
      const record = await this.#engine.directory.find(key);
      if (record) return record;
    }
    return this.#addresses.resolver.login(ref);
  }

  async #requireAllowed(password: string, account: Account | null): Promise<void> {
    const objection = (await this.#hooks.passwordPolicy?.(password, account)) ?? null;
    if (objection !== null) throw new EiderError('PASSWORD_REFUSED', objection);
  }

  async #record(id: AccountId): Promise<AccountRecord> {
    const record = usable(await this.#engine.directory.get(id));
    if (!record) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return record;
  }

  async #setAddresses(
    { id, addresses }: AccountRecord,
    next: readonly string[],
    settings: Pick<AccountPatch, 'limits' | 'copies'>,
  ): Promise<void> {
    const added = next.filter((address) => !addresses.includes(address));
    const before = await this.#addresses.claims.change(id, { added, apply: () => next, settings });
    for (const address of addresses) if (!next.includes(address)) await this.#addresses.records.remove(id, address);
    this.#hooks.addressesSet?.(id, before, next);
  }

  /** The account, with its mailboxes: a crash may have come between the two parts of its creation. */
  async completed(record: AccountRecord): Promise<Account> {
    await this.complete(record.id);
    return toAccount(record);
  }
}

/**
 * Makes and subscribes the mailboxes that every account begins with, all or none, unless it has an INBOX: they come
 * with it and it cannot be deleted. So it may be called at any time.
 */
export async function ensureDefaultMailboxes(engine: Engine, id: AccountId): Promise<void> {
  if (await engine.read(id, (tx) => tx.mailboxByPath('INBOX'))) return;
  await engine.write(id, async (tx) => {
    if (await tx.mailboxByPath('INBOX')) return;
    for (const { path, specialUse } of DEFAULT_MAILBOXES) {
      await tx.createMailbox(path, specialUse);
      await tx.setSubscribed(path, true);
    }
  });
}

/** Under what a name or an address is found. */
function keysOf(ref: string): string[] {
  const keys = [attempt(() => normalizeAccountName(ref)), attempt(() => normalizeAddress(ref))];
  return [...new Set(keys)].filter((key) => key !== null);
}

/** One that is still coming in is not here yet, and one that was removed not any more. */
const usable = (record: AccountRecord | null): AccountRecord | null =>
  record === null || isAbsent(record) ? null : record;

function toAccount({ id, name, addresses, limits, copies, created }: AccountRecord): Account {
  return { id, name, addresses, limits, copies, created };
}

function normalizeAddresses(addresses: readonly string[]): string[] {
  requireCount(addresses.length);
  if (addresses.some(isPattern))
    throw new EiderError('ADDRESS_INVALID', 'a pattern is added to an account that is there');
  return [...new Set(addresses.map(normalizeAddress))];
}
