/** Accounts that were changed lately, marked before they are: where to look after a process has died. */

import type { Vault, VaultPlace } from '../../engine/vault.ts';
import type { AccountId } from '../../model/ids.ts';

const MARKS = { owner: 'events', kind: 'eventMark' };
const SWEPT = { owner: 'events', kind: 'eventSwept', key: 'swept' };
/** A mark holds for so long, in milliseconds. */
const MARK_MS = 600_000;
/** Longer than any transaction takes, and than clocks differ, in milliseconds. */
const MARGIN_MS = 300_000;
const PAGE = 500;
/** Accounts of which is known that they are marked. */
const MAX_KNOWN = 50_000;

/** The marks. */
export class MarkedAccounts {
  readonly #vault: Vault;
  readonly #known = new Map<AccountId, number>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Marks an account, unless this process has done so lately; `first` comes before. */
  async mark(account: AccountId, first: () => Promise<void>): Promise<void> {
    const now = Date.now();
    if (now < (this.#known.get(account) ?? 0) + MARK_MS) return;
    await first();
    await this.#vault.put(placeOf(account), { value: String(now) });
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(account, now);
  }

  /**
   * Calls `found` for each account that may have changed since the last time; the function that it resolves with is to
   * be called when all of them have been looked at.
   */
  async toSweep(found: (account: AccountId) => Promise<void>): Promise<() => Promise<void>> {
    const now = Date.now();
    const since = Number((await this.#vault.get(SWEPT))?.value ?? 0) - MARK_MS - MARGIN_MS;
    for (let after: string | undefined; ; ) {
      const page = await this.#vault.list(MARKS, { ...(after !== undefined && { after }), limit: PAGE });
      for (const { key, value } of page) if (Number(value) >= since) await found(key);
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
    return () => this.#vault.put(SWEPT, { value: String(now) });
  }

  /** An account is gone. */
  async forget(account: AccountId): Promise<void> {
    this.#known.delete(account);
    await this.#vault.take(placeOf(account));
  }
}

const placeOf = (account: AccountId): VaultPlace => ({ ...MARKS, key: account });
