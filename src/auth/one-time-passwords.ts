/** TOTP: six digits of an authenticator app as a second factor. RFC 6238. */

import type { Sealer } from '../crypto/sealer.ts';
import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';

const KIND = 'totp';
const KEY = 'totp';
/** One step before and after the present one, in seconds. RFC 6238 section 5.2. */
const TOLERANCE = 30;
const CODE = /^\d{6}$/;
/** Seeds of old apps have 10 octets. */
const MIN_SECRET_BYTES = 10;

interface Stored {
  readonly sealed: string;
  /** A code was given, so that the account cannot be locked out by a seed that nobody has. */
  readonly confirmed: boolean;
  /** The last step whose code was used: none before it is good any more. */
  readonly step: number;
}

/** The one-time passwords of all accounts. */
export class OneTimePasswords {
  readonly #vault: Vault;
  readonly #sealer: Sealer | null;
  readonly #now: () => number;

  constructor(vault: Vault, sealer: Sealer | null, now: () => number) {
    this.#vault = vault;
    this.#sealer = sealer;
    this.#now = now;
  }

  /** Makes a seed that waits to be confirmed. @throws `UNSUPPORTED` without a secret to seal it under. */
  async begin(
    account: AccountId,
    names: { readonly issuer: string; readonly label: string },
  ): Promise<{ readonly secret: string; readonly uri: string; readonly qr: string }> {
    const [{ generateSecret, generateURI }, { renderSVG }] = await Promise.all([import('otplib'), import('uqr')]);
    const secret = generateSecret();
    const stored: Stored = { sealed: this.#needSealer().seal(sealPlace(account), secret), confirmed: false, step: 0 };
    await this.#vault.put(placeOf(account), { value: JSON.stringify(stored) });
    const uri = generateURI({ ...names, secret });
    return { secret, uri, qr: renderSVG(uri, { border: 4 }) };
  }

  /** Switches on what waits; `false` for a wrong code, and when nothing waits. */
  confirm(account: AccountId, code: string): Promise<boolean> {
    return this.#use(account, code, false);
  }

  /** Whether a code is right; each is so once, whoever asks. */
  verify(account: AccountId, code: string): Promise<boolean> {
    return this.#use(account, code, true);
  }

  async remove(account: AccountId): Promise<void> {
    await this.#vault.take(placeOf(account));
  }

  async #use(account: AccountId, typed: string, confirmed: boolean): Promise<boolean> {
    const token = typed.replace(/\s/g, '');
    const entry = CODE.test(token) ? await this.#vault.get(placeOf(account)) : null;
    if (!entry) return false;
    const stored = JSON.parse(entry.value) as Stored;
    if (stored.confirmed !== confirmed) return false;
    const step = await this.#stepOf(account, stored, token);
    return step !== null && this.#spend(account, entry, { ...stored, confirmed: true, step });
  }

  /** The step whose code this is, or `null`. */
  async #stepOf(account: AccountId, { sealed, step }: Stored, token: string): Promise<number | null> {
    const { createGuardrails, verify } = await import('otplib');
    const result = await verify({
      secret: this.#needSealer().open(sealPlace(account), sealed),
      token,
      epoch: Math.floor(this.#now() / 1000),
      epochTolerance: TOLERANCE,
      afterTimeStep: step,
      guardrails: createGuardrails({ MIN_SECRET_BYTES }),
    });
    return result.valid && 'timeStep' in result ? result.timeStep : null;
  }

  /** Of two who bring the same code at the same time, in whatever processes, one is right. */
  #spend(account: AccountId, entry: VaultEntry, stored: Stored): Promise<boolean> {
    return this.#vault.update(placeOf(account), entry.version, { value: JSON.stringify(stored) });
  }

  #needSealer(): Sealer {
    if (!this.#sealer) throw new EiderError('UNSUPPORTED', 'the store was opened without a secret to seal seeds under');
    return this.#sealer;
  }
}

function placeOf(account: AccountId): { owner: string; kind: string; key: string } {
  return { owner: account, kind: KIND, key: KEY };
}

function sealPlace(account: AccountId): string {
  return `${KIND}:${account}`;
}
