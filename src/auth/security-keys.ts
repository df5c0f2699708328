/** The security keys and passkeys of accounts: records, one for each key. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { LoginSource } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type { SecurityKey } from '../model/security-key.ts';
import { digestOf } from './secrets.ts';

/** Most of one account. */
export const MAX_SECURITY_KEYS = 20;
const MAX_NAME = 100;
const TRIES = 20;

const KIND = 'securityKey';

/** What is kept of a key. */
export interface StoredKey extends Omit<SecurityKey, 'id'> {
  /** Base64url. Up to 1023 octets, so the record is named by a digest of it. */
  readonly credentialId: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  /** The last signature count. */
  readonly counter: number;
  readonly transports: readonly string[];
}

/**
 * The keys of all accounts. Each account's are looked up apart from all others', so a credential id that somebody
 * registers a second time, under another account, opens nothing but that one.
 */
export class SecurityKeys {
  readonly #vault: Vault;
  readonly #now: () => number;

  constructor(vault: Vault, now: () => number) {
    this.#vault = vault;
    this.#now = now;
  }

  /** @throws `INVALID_ARGUMENT` when it is there already, `LIMIT_EXCEEDED`. */
  async add(account: AccountId, key: Omit<StoredKey, 'created' | 'lastUse'>): Promise<SecurityKey> {
    await this.requireRoom(account);
    const place = placeOf(account, idOf(account, key.credentialId));
    const stored: StoredKey = { ...key, created: this.#now(), lastUse: null };
    if (!(await this.#vault.create(place, { value: JSON.stringify(stored) }))) {
      throw new EiderError('INVALID_ARGUMENT', 'the account has this key already');
    }
    // Others may have added some since: rather none of them than one too many.
    if ((await this.#entries(account)).length > MAX_SECURITY_KEYS) {
      await this.#vault.take(place);
      throw tooMany();
    }
    return published(place.key, stored);
  }

  /** @throws `LIMIT_EXCEEDED`. */
  async requireRoom(account: AccountId): Promise<void> {
    if ((await this.#entries(account)).length >= MAX_SECURITY_KEYS) throw tooMany();
  }

  async list(account: AccountId): Promise<SecurityKey[]> {
    const entries = await this.#entries(account);
    return entries
      .map((entry) => published(entry.key, read(entry)))
      .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }

  async stored(account: AccountId): Promise<StoredKey[]> {
    return (await this.#entries(account)).map(read);
  }

  async hasAny(account: AccountId): Promise<boolean> {
    return (await this.#entries(account)).length > 0;
  }

  async has(account: AccountId, id: string): Promise<boolean> {
    return isId(id) && (await this.#vault.get(placeOf(account, id))) !== null;
  }

  async find(account: AccountId, credentialId: string): Promise<(StoredKey & { readonly id: string }) | null> {
    const id = idOf(account, credentialId);
    const entry = await this.#vault.get(placeOf(account, id));
    return entry && { ...read(entry), id };
  }

  rename(account: AccountId, id: string, name: string): Promise<boolean> {
    requireName(name);
    return this.#change(account, id, () => ({ name }));
  }

  async remove(account: AccountId, id: string): Promise<boolean> {
    return isId(id) && (await this.#vault.take(placeOf(account, id))) !== null;
  }

  /** Notes a use; `false`, and nothing happened, when the key is gone, or a login was faster that had a later count. */
  used(
    account: AccountId,
    id: string,
    { counter, passkey, source }: { counter: number; passkey: boolean; source: LoginSource },
  ): Promise<boolean> {
    const lastUse = { time: this.#now(), address: source.address, scope: source.scope };
    return this.#change(account, id, (key) =>
      isLater(counter, key.counter) ? { counter, lastUse, passkey: passkey || key.passkey } : null,
    );
  }

  async #change(
    account: AccountId,
    id: string,
    change: (key: StoredKey) => Partial<StoredKey> | null,
  ): Promise<boolean> {
    if (!isId(id)) return false;
    const place = placeOf(account, id);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const entry = await this.#vault.get(place);
      const changed = entry && change(read(entry));
      if (!entry || !changed) return false;
      const content = { value: JSON.stringify({ ...read(entry), ...changed }) };
      if (await this.#vault.update(place, entry.version, content)) return true;
    }
    throw new EiderError('BUSY', 'the key is being changed by others');
  }

  #entries(account: AccountId): Promise<VaultEntry[]> {
    return this.#vault.list({ owner: account, kind: KIND }, { limit: 2 * MAX_SECURITY_KEYS });
  }
}

/**
 * Whether a signature count may follow another: keys that count never tell the same number twice, and those that do not
 * count always tell 0. WebAuthn Level 3 section 7.2 takes the contrary for a sign of a copied key.
 */
export function isLater(counter: number, before: number): boolean {
  return counter > before || (counter === 0 && before === 0);
}

/** @throws `INVALID_ARGUMENT`. */
export function requireName(name: string): void {
  if (name.length < 1 || name.length > MAX_NAME || /[\p{Cc}\p{Cs}]/u.test(name)) {
    throw new EiderError('INVALID_ARGUMENT', `the name of a key has 1 to ${MAX_NAME} characters, none of them control`);
  }
}

function idOf(account: AccountId, credentialId: string): string {
  return digestOf(account, credentialId);
}

function isId(id: string): boolean {
  return /^[\w-]{43}$/.test(id);
}

function placeOf(account: AccountId, id: string): { owner: string; kind: string; key: string } {
  return { owner: account, kind: KIND, key: id };
}

function read({ value }: VaultEntry): StoredKey {
  return JSON.parse(value) as StoredKey;
}

function published(id: string, { name, kind, passkey, created, lastUse }: StoredKey): SecurityKey {
  return { id, name, kind, passkey, created, lastUse };
}

function tooMany(): EiderError {
  return new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_SECURITY_KEYS} security keys`);
}
