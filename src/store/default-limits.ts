/** What the vault keeps of limits that hold for all accounts. */

import type { Vault, VaultPlace } from '../engine/vault.ts';
import { changeLimits, type LimitsChange, NO_LIMITS } from '../model/account-limits.ts';
import type { DefaultLimits } from '../model/default-limits.ts';
import { changeRecord } from './change-record.ts';

/** No account's id has a `#`. */
const PLACE: VaultPlace = { owner: '#settings', kind: 'limits', key: 'defaults' };
/** How long what was read is believed, in milliseconds. */
const KNOWN_MS = 5_000;

/** The default limits of a store. */
export class StoreDefaultLimits implements DefaultLimits {
  readonly given: LimitsChange;
  readonly #vault: Vault;
  readonly #now: () => number;
  #known: { readonly limits: LimitsChange; readonly until: number } | null = null;
  #reading: Promise<LimitsChange> | null = null;

  constructor(vault: Vault, given: LimitsChange, now: () => number = Date.now) {
    this.#vault = vault;
    this.given = given;
    this.#now = now;
  }

  async stored(): Promise<LimitsChange> {
    const entry = await this.#vault.get(PLACE);
    return entry ? (JSON.parse(entry.value) as LimitsChange) : {};
  }

  async inForce(): Promise<LimitsChange> {
    if (this.#known && this.#known.until > this.#now()) return this.#known.limits;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async set(change: LimitsChange): Promise<void> {
    changeLimits(NO_LIMITS, change);
    const given = Object.entries(change).filter(([, limit]) => limit !== undefined);
    await this.#change((before) => ({ ...before, ...Object.fromEntries(given) }));
  }

  async reset(name: keyof LimitsChange): Promise<void> {
    await this.#change((before) => Object.fromEntries(Object.entries(before).filter(([one]) => one !== name)));
  }

  async #read(): Promise<LimitsChange> {
    const until = this.#now() + KNOWN_MS;
    const limits = { ...this.given, ...(await this.stored()) };
    this.#known = { limits, until };
    return limits;
  }

  async #change(change: (before: LimitsChange) => LimitsChange): Promise<void> {
    await changeRecord<LimitsChange>(this.#vault, PLACE, (before) => change(before ?? {}));
    // Who reads already may have read what was before.
    await this.#reading?.catch(() => {});
    this.#known = null;
  }
}
