/** What is asked of security keys, and what their answers come to: registration, second factor, passkey. */

import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { LoginSource } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type {
  KeyCreationOptions,
  KeyDescriptor,
  KeyRequestOptions,
  KeyResponse,
  RelyingParty,
  SecurityKey,
  U2fKey,
} from '../model/security-key.ts';
import { readAssertion, readCreation } from './key-answer.ts';
import { CHALLENGE_MS, SecurityKeyChallenges } from './security-key-challenges.ts';
import { isLater, requireName, SecurityKeys, type StoredKey } from './security-keys.ts';
import { coseOfU2fKey } from './u2f-public-key.ts';
import { ALGORITHMS, loadKeyLibrary, verifyAssertion, verifyCreation } from './verify-key-answer.ts';

const ACCOUNT = /^[a-z0-9-]{1,64}$/;
const MAX_KEY_HANDLE = 255;
const MAX_COUNTER = 2 ** 32 - 1;

/** A second factor that is not right. */
export interface WrongAnswer {
  readonly right: false;
  /** Right but for its count, as if somebody had made another one of the key. */
  readonly copied: boolean;
}

/** A second factor that is right. */
export interface RightAnswer {
  readonly right: true;
  /** Makes the answer count; `false` when it was used already, the key is gone, or another login was faster. */
  use(source: LoginSource): Promise<boolean>;
}

/** What the answer of a key comes to. */
export type KeyAnswer = WrongAnswer | (RightAnswer & { readonly id: string });

const WRONG: WrongAnswer = { right: false, copied: false };
const COPIED: WrongAnswer = { right: false, copied: true };

/** The keys of all accounts, as they are asked. */
export class SecurityKeyLogin {
  readonly keys: SecurityKeys;
  readonly #challenges: SecurityKeyChallenges;
  readonly #party: RelyingParty | null;

  constructor(vault: Vault, party: RelyingParty | null, now: () => number) {
    this.keys = new SecurityKeys(vault, now);
    this.#challenges = new SecurityKeyChallenges(vault, now);
    this.#party = party;
  }

  /** @throws `UNSUPPORTED`, `LIMIT_EXCEEDED`. */
  async beginRegistration(
    { id, name }: { readonly id: AccountId; readonly name: string },
    passkey: boolean | null,
  ): Promise<KeyCreationOptions> {
    const party = await this.#ready();
    await this.keys.requireRoom(id);
    const stored = await this.keys.stored(id);
    const wanted = passkey === null ? 'preferred' : passkey ? 'required' : 'discouraged';
    return {
      rp: { id: party.id, name: party.name },
      user: { id: Buffer.from(id).toString('base64url'), name, displayName: name },
      challenge: await this.#challenges.forRegistration(id, passkey),
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: CHALLENGE_MS,
      excludeCredentials: stored.map(describe),
      authenticatorSelection: {
        residentKey: wanted,
        requireResidentKey: passkey === true,
        userVerification: wanted,
      },
      attestation: 'none',
      extensions: {
        credProps: true,
        ...(party.appId !== undefined && stored.some(isU2f) && { appidExclude: party.appId }),
      },
    };
  }

  /** @throws `UNSUPPORTED`, `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`. */
  async finishRegistration(account: AccountId, name: string, response: KeyResponse): Promise<SecurityKey> {
    const party = await this.#ready();
    requireName(name);
    const answer = readCreation(response);
    if (!answer) throw notRight();
    const asked = await this.#challenges.takeRegistration(account);
    const { challenge, passkey } = asked ?? { challenge: null, passkey: null };
    const key = challenge && (await verifyCreation(answer, party, { challenge, userVerification: passkey === true }));
    if (!key) throw notRight();
    const { transports, discoverable } = answer;
    return this.keys.add(account, { ...key, name, kind: 'webauthn', passkey: discoverable, transports });
  }

  /** @throws `UNSUPPORTED`, `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`. */
  async addU2f(account: AccountId, name: string, { keyHandle, publicKey, counter }: U2fKey): Promise<SecurityKey> {
    if (this.requireParty().appId === undefined) throw unsupported('the relying party has no application id');
    requireName(name);
    const cose = coseOfU2fKey(publicKey);
    if (keyHandle.length < 1 || keyHandle.length > MAX_KEY_HANDLE || cose === null) {
      throw new EiderError('INVALID_ARGUMENT', 'a U2F key has a handle of 1 to 255 octets and a point of P-256');
    }
    if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER) {
      throw new EiderError('INVALID_ARGUMENT', `the count of a U2F key is a whole number from 0 to ${MAX_COUNTER}`);
    }
    return this.keys.add(account, {
      name,
      kind: 'u2f',
      passkey: false,
      credentialId: Buffer.from(keyHandle).toString('base64url'),
      publicKey: cose,
      counter,
      transports: [],
    });
  }

  /** @throws `UNSUPPORTED`; `INVALID_ARGUMENT` when no key of the account can answer. */
  async beginSecondFactor(account: AccountId, ticket: string): Promise<KeyRequestOptions> {
    const party = await this.#ready();
    const stored = (await this.keys.stored(account)).filter((key) => boundTo(key, party) !== null);
    if (stored.length === 0) throw new EiderError('INVALID_ARGUMENT', 'the account has no security key');
    return {
      challenge: await this.#challenges.forTicket(account, ticket),
      rpId: party.id,
      timeout: CHALLENGE_MS,
      allowCredentials: stored.map(describe),
      // The password was given: to have the key is enough.
      userVerification: 'discouraged',
      ...(party.appId !== undefined && stored.some(isU2f) && { extensions: { appid: party.appId } }),
    };
  }

  /** @throws `UNSUPPORTED`. */
  async answerSecondFactor(account: AccountId, ticket: string, response: KeyResponse): Promise<KeyAnswer> {
    const party = this.requireParty();
    const answer = readAssertion(response);
    const challenge = answer && (await this.#challenges.takeTicket(account, ticket));
    const key = challenge && (await this.keys.find(account, answer.id));
    const bound = key && boundTo(key, party);
    if (!key || !bound) return WRONG;
    const { publicKey } = key;
    const question = { challenge, publicKey, boundTo: bound, userVerification: false };
    const counter = await verifyAssertion(answer, party, question);
    if (counter === null) return WRONG;
    if (!isLater(counter, key.counter)) return COPIED;
    return {
      right: true,
      id: key.id,
      use: (source) => this.keys.used(account, key.id, { counter, passkey: false, source }),
    };
  }

  /** @throws `UNSUPPORTED`. */
  async beginPasskey(): Promise<KeyRequestOptions> {
    const party = await this.#ready();
    return {
      challenge: await this.#challenges.forPasskey(),
      rpId: party.id,
      timeout: CHALLENGE_MS,
      allowCredentials: [],
      userVerification: 'required',
    };
  }

  /** Whose passkey an answer says it is of; `null`: nobody's. */
  passkeyOwner(response: KeyResponse): AccountId | null {
    const owner = readAssertion(response)?.userHandle ?? null;
    return owner !== null && ACCOUNT.test(owner) ? owner : null;
  }

  /** @throws `UNSUPPORTED`. */
  async answerPasskey(account: AccountId, response: KeyResponse): Promise<KeyAnswer> {
    const party = this.requireParty();
    const answer = readAssertion(response);
    if (!answer || !(await this.#challenges.isPasskey(account, answer.challenge))) return WRONG;
    const key = await this.keys.find(account, answer.id);
    if (key?.kind !== 'webauthn') return WRONG;
    const { challenge } = answer;
    const question = { challenge, publicKey: key.publicKey, boundTo: party.id, userVerification: true };
    const counter = await verifyAssertion(answer, party, question);
    if (counter === null) return WRONG;
    if (!isLater(counter, key.counter)) return COPIED;
    return {
      right: true,
      id: key.id,
      use: async (source) =>
        (await this.#challenges.spendPasskey(account, challenge)) &&
        this.keys.used(account, key.id, { counter, passkey: true, source }),
    };
  }

  /** @throws `UNSUPPORTED` without a relying party. */
  requireParty(): RelyingParty {
    if (!this.#party) throw unsupported('the store was opened without a relying party for security keys');
    return this.#party;
  }

  /** Tells before anybody touches a key that its answer could not be verified. */
  async #ready(): Promise<RelyingParty> {
    const party = this.requireParty();
    await loadKeyLibrary();
    return party;
  }
}

/** Under which id a key answers: one that was registered with the old API knows no other than the application's. */
function boundTo({ kind }: StoredKey, { id, appId }: RelyingParty): string | null {
  return kind === 'webauthn' ? id : (appId ?? null);
}

function isU2f({ kind }: StoredKey): boolean {
  return kind === 'u2f';
}

function describe({ credentialId, transports }: StoredKey): KeyDescriptor {
  return { type: 'public-key', id: credentialId, ...(transports.length > 0 && { transports }) };
}

function notRight(): EiderError {
  return new EiderError('INVALID_ARGUMENT', 'the answer of the key is not right, or comes too late: begin again');
}

function unsupported(message: string): EiderError {
  return new EiderError('UNSUPPORTED', message);
}
