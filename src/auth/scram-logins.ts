/** SCRAM: logins in which the password never crosses the wire. Switched on by who runs the store. RFC 5802, RFC 7677. */

import { createHash, randomBytes } from 'node:crypto';
import type { Sealer } from '../crypto/sealer.ts';
import type { Vault } from '../engine/vault.ts';
import type { AccountId } from '../model/ids.ts';
import type { LoginDirectory } from './login-directory.ts';
import type { LoginAttempt } from './login-limits.ts';
import { accountTarget, type LoginTarget, nobodyTarget } from './login-target.ts';
import { formatScramKeys, makeScramKeys, parseScramKeys, type ScramKeys } from './sasl/scram-keys.ts';

const KIND = 'scram';
const KEY = 'scram';
/** Whose the secret is that makes up salts. No account has such an id. */
const STORE_OWNER = 'store:';

/** The keys of all accounts. They are weaker than the password's hash, so they are sealed where there is a secret. */
export class ScramLogins {
  readonly #vault: Vault;
  readonly #sealer: Sealer | null;
  #secret: Promise<Buffer> | null = null;

  constructor(vault: Vault, sealer: Sealer | null) {
    this.#vault = vault;
    this.#sealer = sealer;
  }

  /** Makes up salts for accounts that are not there: the same in all processes, for good. */
  secret(): Promise<Buffer> {
    this.#secret ??= this.#readSecret().catch((error: unknown) => {
      this.#secret = null;
      throw error;
    });
    return this.#secret;
  }

  async keys(owner: string): Promise<ScramKeys | null> {
    const entry = await this.#vault.get(placeOf(owner));
    if (!entry) return null;
    const sealed = entry.value.startsWith('v1.');
    if (sealed && !this.#sealer) return null;
    return parseScramKeys(sealed && this.#sealer ? this.#sealer.open(sealPlace(owner), entry.value) : entry.value);
  }

  /** Keeps the keys of a password; with `null`, of none. */
  async set(account: AccountId, password: string | null): Promise<void> {
    if (password === null) await this.#vault.take(placeOf(account));
    else await this.#vault.put(placeOf(account), { value: await this.#make(account, password) });
  }

  /** Makes the keys of a password that was just proven, for an account that is older than this choice. */
  async ensure(account: AccountId, password: string): Promise<void> {
    if (await this.#vault.get(placeOf(account))) return;
    // Whoever sets another password meanwhile has the last word.
    await this.#vault.create(placeOf(account), { value: await this.#make(account, password) });
  }

  async #make(account: AccountId, password: string): Promise<string> {
    const text = formatScramKeys(await makeScramKeys(password));
    return this.#sealer?.seal(sealPlace(account), text) ?? text;
  }

  async #readSecret(): Promise<Buffer> {
    const place = { owner: STORE_OWNER, kind: KIND, key: 'salts' };
    await this.#vault.create(place, { value: randomBytes(32).toString('base64') });
    return createHash('sha256')
      .update((await this.#vault.get(place))?.value ?? '')
      .digest();
  }
}

/** One SCRAM login: keys are asked for, then it ends well, or not. */
export class ScramAttempt {
  readonly #logins: ScramLogins;
  readonly #directory: LoginDirectory;
  readonly #begin: (target: LoginTarget) => Promise<LoginAttempt>;
  #attempt: LoginAttempt | null = null;

  constructor(logins: ScramLogins, directory: LoginDirectory, begin: (target: LoginTarget) => Promise<LoginAttempt>) {
    this.#logins = logins;
    this.#directory = directory;
    this.#begin = begin;
  }

  /** Above 0 when nobody can get in by this attempt, as too many have failed. */
  get retryAfterMs(): number {
    return this.#attempt?.retryAfterMs ?? 0;
  }

  /** How long to wait before a refusal is told. */
  get slowMs(): number {
    return this.#attempt?.slowMs ?? 0;
  }

  /** Of an account that is there, has keys, and may try; else `null`, and the client cannot tell. */
  async keys(authcid: string): Promise<ScramKeys | null> {
    const found = await this.#directory.find(authcid);
    const target = found ? accountTarget(found.account.id) : nobodyTarget(this.#directory.normalize(authcid));
    this.#attempt = await this.#begin(target);
    return this.retryAfterMs > 0 ? null : this.#logins.keys(target.owner);
  }

  /** The client has proven that it knows the password. */
  async forgive(): Promise<void> {
    await this.#attempt?.forgive();
  }

  /** He was let in. */
  async remember(): Promise<void> {
    await this.#attempt?.remember();
  }
}

function placeOf(account: AccountId): { owner: string; kind: string; key: string } {
  return { owner: account, kind: KIND, key: KEY };
}

function sealPlace(account: AccountId): string {
  return `${KIND}:${account}`;
}
