/** Whether accounts can be used, and which second factors they have: one record of each account, read at each login. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountStatus, SecondFactorKind } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';

const KIND = 'status';
const KEY = 'status';
const TRIES = 100;
const RECENT_MS = 1_000;
const MAX_RECENT = 10_000;

/** What is kept of an account. */
export interface StoredStatus extends AccountStatus {
  /** How often the password was changed, or was enough no more. */
  readonly passwordSerial: number;
  /** Sessions that began before that have ended; milliseconds since 1970. */
  readonly sessionsSince: number;
}

/** An account of which nothing was ever changed. */
const USUAL: StoredStatus = {
  disabled: false,
  suspended: false,
  mustChange: false,
  passwordExpires: null,
  secondFactors: [],
  disabledScopes: [],
  passwordSerial: 0,
  sessionsSince: 0,
};

/** Told after the second factors of an account were changed, or set as they were. */
export type FactorsSwitched = (
  account: AccountId,
  before: readonly SecondFactorKind[],
  after: readonly SecondFactorKind[],
) => void;

/** The states of all accounts. */
export class AccountStatuses {
  readonly #vault: Vault;
  readonly #switched: FactorsSwitched | undefined;
  readonly #recent = new Map<AccountId, { readonly status: StoredStatus; readonly until: number }>();

  constructor(vault: Vault, switched?: FactorsSwitched) {
    this.#vault = vault;
    this.#switched = switched;
  }

  async get(account: AccountId): Promise<StoredStatus> {
    return read(await this.#vault.get(placeOf(account)));
  }

  /** The same, perhaps as it was a moment ago: for what happens often. */
  async recent(account: AccountId, now: number): Promise<StoredStatus> {
    const known = this.#recent.get(account);
    if (known && known.until > now) return known.status;
    const status = await this.get(account);
    if (this.#recent.size >= MAX_RECENT) this.#recent.clear();
    this.#recent.set(account, { status, until: now + RECENT_MS });
    return status;
  }

  /** Changes what `change` gives of what there is. @throws `BUSY` when others never let it. */
  async update(account: AccountId, change: (status: StoredStatus) => Partial<StoredStatus>): Promise<StoredStatus> {
    const place = placeOf(account);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const entry = await this.#vault.get(place);
      const before = read(entry);
      const after = { ...before, ...change(before) };
      const content = { value: JSON.stringify(after) };
      const done = entry
        ? await this.#vault.update(place, entry.version, content)
        : await this.#vault.create(place, content);
      this.#recent.delete(account);
      if (done) return after;
    }
    throw new EiderError('BUSY', 'the state of the account is being changed by others');
  }

  /**
   * Switches a second factor on or off. The first one ends sessions that came in by the password alone: `true` then.
   *
   * @throws `BUSY` when others never let it.
   */
  async switchFactor(account: AccountId, method: SecondFactorKind, on: boolean): Promise<boolean> {
    let ends = false;
    let before: readonly SecondFactorKind[] = [];
    const { secondFactors } = await this.update(account, (status) => {
      before = status.secondFactors;
      const after = [...before.filter((one) => one !== method), ...(on ? [method] : [])];
      ends = !hasFactor(before) && hasFactor(after);
      return { secondFactors: after, ...(ends && { passwordSerial: status.passwordSerial + 1 }) };
    });
    this.#switched?.(account, before, secondFactors);
    return ends;
  }
}

/** Recovery codes alone are none. */
function hasFactor(methods: readonly SecondFactorKind[]): boolean {
  return methods.some((method) => method !== 'recoveryCode');
}

function read(entry: VaultEntry | null): StoredStatus {
  return entry ? { ...USUAL, ...(JSON.parse(entry.value) as Partial<StoredStatus>) } : USUAL;
}

function placeOf(account: AccountId): { owner: string; kind: string; key: string } {
  return { owner: account, kind: KIND, key: KEY };
}
