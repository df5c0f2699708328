/** App passwords: one for each program, made by the store, good for some protocols, taken back one by one. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import {
  type AppPassword,
  type AppPasswordOptions,
  type LoginSource,
  type RefusalReason,
  SCOPES,
} from '../model/authentication.ts';
import { type AccountId, newId } from '../model/ids.ts';
import { NetworkList } from '../model/networks.ts';
import { digestOf, inGroups, randomLetters } from './secrets.ts';

/** Most of one account. */
export const MAX_APP_PASSWORDS = 100;
const MAX_NETWORKS = 100;
const MAX_DESCRIPTION = 255;
/** The last use is noted at most this often. */
const USE_MS = 60_000;

const KIND = 'appPassword';
const USE_KIND = 'appPasswordUse';
const PASSWORD = /^[a-z]{16}$/;

type Stored = Omit<AppPassword, 'lastUse'>;
type Use = NonNullable<AppPassword['lastUse']>;

/** What a text that looks like an app password came to. */
export type AppPasswordMatch = { readonly id: string; readonly refused: RefusalReason | null };

/** The app passwords of all accounts. Found by what is kept of them: as many as there are, one costs one lookup. */
export class AppPasswords {
  readonly #vault: Vault;
  readonly #now: () => number;

  constructor(vault: Vault, now: () => number) {
    this.#vault = vault;
    this.#now = now;
  }

  /** @throws `LIMIT_EXCEEDED`, `INVALID_ARGUMENT`. */
  async create(account: AccountId, options: AppPasswordOptions): Promise<AppPassword & { readonly password: string }> {
    const { description = '', scopes, networks = [], expires = null } = options;
    if (description.length > MAX_DESCRIPTION || networks.length > MAX_NETWORKS) {
      throw new EiderError('INVALID_ARGUMENT', 'the description is too long, or there are too many networks');
    }
    if (scopes.length === 0 || !scopes.every((scope) => SCOPES.includes(scope))) {
      throw new EiderError('INVALID_ARGUMENT', `an app password is for some of ${SCOPES.join(', ')}`);
    }
    if (expires && Number.isNaN(expires.getTime())) throw new EiderError('INVALID_ARGUMENT', 'the expiry is no date');
    new NetworkList(networks);
    if ((await this.#entries(account)).length >= MAX_APP_PASSWORDS) {
      throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_APP_PASSWORDS} app passwords`);
    }
    const password = randomLetters();
    const stored: Stored = {
      id: newId(),
      description,
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      networks: [...networks],
      created: this.#now(),
      expires: expires?.getTime() ?? null,
    };
    const place = { owner: account, kind: KIND, key: digestOf(account, password) };
    await this.#vault.put(place, { value: JSON.stringify(stored) });
    return { ...stored, lastUse: null, password: inGroups(password, ' ') };
  }

  async list(account: AccountId): Promise<AppPassword[]> {
    const uses = await this.#vault.list({ owner: account, kind: USE_KIND }, { limit: 2 * MAX_APP_PASSWORDS });
    const lastUse = new Map(uses.map(({ key, value }) => [key, JSON.parse(value) as Use]));
    const all = (await this.#entries(account)).map(read);
    return all
      .map((stored) => ({ ...stored, lastUse: lastUse.get(stored.id) ?? null }))
      .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }

  async remove(account: AccountId, id: string): Promise<boolean> {
    const entry = (await this.#entries(account)).find((one) => read(one).id === id);
    if (!entry) return false;
    await this.#vault.take({ owner: account, kind: USE_KIND, key: id });
    return (await this.#vault.take({ owner: account, kind: KIND, key: entry.key })) !== null;
  }

  /** `null`: the text is no app password of the account; nor of an owner that is none, who takes as long to say so. */
  async match(owner: string, typed: string, source: LoginSource): Promise<AppPasswordMatch | null> {
    const password = typed.replace(/\s/g, '');
    if (!PASSWORD.test(password)) return null;
    const entry = await this.#vault.get({ owner, kind: KIND, key: digestOf(owner, password) });
    if (!entry) return null;
    const stored = read(entry);
    return { id: stored.id, refused: refusalOf(stored, source, this.#now()) };
  }

  /** Whether one is there and has not expired. */
  async isValid(account: AccountId, id: string): Promise<boolean> {
    const stored = (await this.#entries(account)).map(read).find((one) => one.id === id);
    return stored !== undefined && (stored.expires === null || stored.expires > this.#now());
  }

  /** Notes when, from where and for what it was used. */
  async used(account: AccountId, id: string, { address, scope }: LoginSource): Promise<void> {
    const place = { owner: account, kind: USE_KIND, key: id };
    const before = await this.#vault.get(place);
    const last = before && (JSON.parse(before.value) as Use);
    const time = this.#now();
    if (last && last.address === address && last.scope === scope && time - last.time < USE_MS) return;
    await this.#vault.put(place, { value: JSON.stringify({ time, address, scope } satisfies Use) });
  }

  #entries(account: AccountId): Promise<VaultEntry[]> {
    return this.#vault.list({ owner: account, kind: KIND }, { limit: 2 * MAX_APP_PASSWORDS });
  }
}

function read({ value }: VaultEntry): Stored {
  return JSON.parse(value) as Stored;
}

function refusalOf({ scopes, networks, expires }: Stored, source: LoginSource, now: number): RefusalReason | null {
  if (expires !== null && expires <= now) return 'expired';
  if (!scopes.includes(source.scope)) return 'scope';
  return networks.length > 0 && !new NetworkList(networks).has(source.address) ? 'network' : null;
}
