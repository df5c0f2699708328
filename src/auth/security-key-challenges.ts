/** Questions to keys: each is answered once, within five minutes, for what it was asked for. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Vault, VaultEntry } from '../engine/vault.ts';
import type { AccountId } from '../model/ids.ts';
import { digestOf, randomToken } from './secrets.ts';

/** How long a question is good, in milliseconds. */
export const CHALLENGE_MS = 300_000;
/** Clocks of processes differ by so much at most, in milliseconds. */
const SKEW_MS = 60_000;

const KIND = 'keyChallenge';
const USED_KIND = 'usedChallenge';
/** Whose the secret is that all processes make questions to passkeys with. */
const EVERYBODY = 'passkeys:';
const SECRET_KIND = 'passkeySecret';

const TIME_OCTETS = 6;
const SIGNED_OCTETS = TIME_OCTETS + 16;
const MAC_OCTETS = 16;

/** What a question to a key that is to be registered was. */
export interface AskedRegistration {
  readonly challenge: string;
  /** What kind of key was asked for; `null` for what it can be. */
  readonly passkey: boolean | null;
}

/** The questions of all accounts. */
export class SecurityKeyChallenges {
  readonly #vault: Vault;
  readonly #now: () => number;
  #secret: Promise<Buffer> | null = null;

  constructor(vault: Vault, now: () => number) {
    this.#vault = vault;
    this.#now = now;
  }

  /** Asks for a registration, instead of the one before. */
  forRegistration(account: AccountId, passkey: boolean | null): Promise<string> {
    return this.#ask(account, 'registration', { passkey });
  }

  /** What was asked; of several who take it, one has it. */
  async takeRegistration(account: AccountId): Promise<AskedRegistration | null> {
    return this.#take<AskedRegistration>(account, 'registration');
  }

  /** Asks for a second factor to one ticket, instead of the question before: of one ticket there is one at a time. */
  forTicket(account: AccountId, ticket: string): Promise<string> {
    return this.#ask(account, digestOf(account, ticket), {});
  }

  async takeTicket(account: AccountId, ticket: string): Promise<string | null> {
    return (await this.#take<{ challenge: string }>(account, digestOf(account, ticket)))?.challenge ?? null;
  }

  /**
   * Asks for a passkey. Anybody may have that done, so nothing is written: the question proves by itself when it was
   * made, and that it was made here. What is kept is which ones were used.
   */
  async forPasskey(): Promise<string> {
    const signed = Buffer.alloc(SIGNED_OCTETS);
    signed.writeUIntBE(this.#now(), 0, TIME_OCTETS);
    randomBytes(SIGNED_OCTETS - TIME_OCTETS).copy(signed, TIME_OCTETS);
    return Buffer.concat([signed, await this.#mac(signed)]).toString('base64url');
  }

  /** Whether it was asked lately, and no key of the account has answered it. */
  async isPasskey(account: AccountId, challenge: string): Promise<boolean> {
    const octets = Buffer.from(challenge, 'base64url');
    // Written in another way it would be another one, and could be used again.
    if (octets.length !== SIGNED_OCTETS + MAC_OCTETS || octets.toString('base64url') !== challenge) return false;
    const signed = octets.subarray(0, SIGNED_OCTETS);
    if (!timingSafeEqual(octets.subarray(SIGNED_OCTETS), await this.#mac(signed))) return false;
    const age = this.#now() - signed.readUIntBE(0, TIME_OCTETS);
    if (age < -SKEW_MS || age >= CHALLENGE_MS) return false;
    return (await this.#vault.get(usedPlace(account, challenge))) === null;
  }

  /** Uses up a question that an account's key has answered: of several who do, one is told `true`. */
  spendPasskey(account: AccountId, challenge: string): Promise<boolean> {
    const expires = this.#now() + CHALLENGE_MS + 2 * SKEW_MS;
    return this.#vault.create(usedPlace(account, challenge), { value: '{}', expires });
  }

  async #ask(account: AccountId, key: string, more: object): Promise<string> {
    const challenge = randomToken();
    const content = { value: JSON.stringify({ ...more, challenge }), expires: this.#now() + CHALLENGE_MS };
    await this.#vault.put({ owner: account, kind: KIND, key }, content);
    return challenge;
  }

  async #take<T>(account: AccountId, key: string): Promise<T | null> {
    const entry = await this.#vault.take({ owner: account, kind: KIND, key });
    return entry && (JSON.parse(entry.value) as T);
  }

  async #mac(signed: Buffer): Promise<Buffer> {
    this.#secret ??= this.#readSecret();
    // What failed once is tried again.
    const secret = await this.#secret.catch((error: unknown) => {
      this.#secret = null;
      throw error;
    });
    return createHmac('sha256', secret).update(signed).digest().subarray(0, MAC_OCTETS);
  }

  async #readSecret(): Promise<Buffer> {
    const place = { owner: EVERYBODY, kind: SECRET_KIND, key: 'secret' };
    // The first of all processes decides, and nobody removes it.
    if (!(await this.#vault.get(place))) await this.#vault.create(place, { value: randomToken() });
    const { value } = (await this.#vault.get(place)) as VaultEntry;
    return Buffer.from(value, 'base64url');
  }
}

function usedPlace(account: AccountId, challenge: string): { owner: string; kind: string; key: string } {
  return { owner: account, kind: USED_KIND, key: challenge };
}
