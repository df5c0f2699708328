/** Tokens: what programs show instead of a name and a password. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccessToken } from '../model/authentication.ts';
import { type AccountId, newId } from '../model/ids.ts';
import { digestOf, randomToken } from './secrets.ts';

/** Most of one account, and most of all roles that are no account's. */
export const MAX_TOKENS = 1_000;
const MAX_DESCRIPTION = 255;

const KIND = 'token';
/** Whose those are that belong to no account. No account has such an id. */
const ROOT_OWNER = 'root:';
/** `eider_`, the account or nothing, `_`, the secret. */
const TOKEN = /^eider_([a-z0-9-]{0,64})_([\w-]{43})$/;

/** What is to be made. */
export interface TokenOptions {
  readonly role: AccessToken['role'];
  readonly account: AccountId | null;
  readonly description?: string;
  readonly expires?: Date | null;
}

/** All tokens. */
export class AccessTokens {
  readonly #vault: Vault;
  readonly #now: () => number;

  constructor(vault: Vault, now: () => number) {
    this.#vault = vault;
    this.#now = now;
  }

  /** @throws `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`. */
  async create({
    role,
    account,
    description = '',
    expires = null,
  }: TokenOptions): Promise<AccessToken & { token: string }> {
    if (description.length > MAX_DESCRIPTION || (expires && Number.isNaN(expires.getTime()))) {
      throw new EiderError('INVALID_ARGUMENT', 'the description is too long, or the expiry is no date');
    }
    if ((await this.list(account)).length >= MAX_TOKENS) {
      throw new EiderError('LIMIT_EXCEEDED', `there are at most ${MAX_TOKENS} tokens`);
    }
    const secret = randomToken();
    const stored: AccessToken = {
      id: newId(),
      description,
      role,
      account,
      created: this.#now(),
      expires: expires?.getTime() ?? null,
    };
    const owner = ownerOf(account);
    const place = { owner, kind: KIND, key: digestOf(owner, secret) };
    await this.#vault.put(place, { value: JSON.stringify(stored), expires: stored.expires });
    return { ...stored, token: `eider_${account ?? ''}_${secret}` };
  }

  /** `null`: it is none, or no more. */
  async verify(token: string): Promise<AccessToken | null> {
    const found = TOKEN.exec(token);
    if (!found) return null;
    const owner = ownerOf(found[1] || null);
    const entry = await this.#vault.get({ owner, kind: KIND, key: digestOf(owner, found[2] as string) });
    if (!entry) return null;
    const stored = read(entry);
    return stored.expires === null || stored.expires > this.#now() ? stored : null;
  }

  async list(account: AccountId | null): Promise<AccessToken[]> {
    return (await this.#entries(account)).map(read).sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }

  async remove(account: AccountId | null, id: string): Promise<boolean> {
    const entry = (await this.#entries(account)).find((one) => read(one).id === id);
    return (
      entry !== undefined && (await this.#vault.take({ owner: ownerOf(account), kind: KIND, key: entry.key })) !== null
    );
  }

  /** Ends all tokens of an account. */
  async clear(account: AccountId): Promise<void> {
    await this.#vault.clear(ownerOf(account), KIND);
  }

  #entries(account: AccountId | null): Promise<VaultEntry[]> {
    return this.#vault.list({ owner: ownerOf(account), kind: KIND }, { limit: 2 * MAX_TOKENS });
  }
}

function ownerOf(account: AccountId | null): string {
  return account ?? ROOT_OWNER;
}

function read({ value }: VaultEntry): AccessToken {
  return JSON.parse(value) as AccessToken;
}
