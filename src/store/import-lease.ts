/** Keeps two imports of one account apart, in this process and in all others. */

import { randomBytes } from 'node:crypto';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';

/** After so long without a word another one may begin, in milliseconds. */
const LEASE_MS = 60_000;
const RENEW_MS = 15_000;

/** The right to put an account together. */
export class ImportLease implements AsyncDisposable {
  /** Aborted when it was lost. */
  readonly signal: AbortSignal;
  readonly #vault: Vault;
  readonly #place: { readonly owner: string; readonly kind: string; readonly key: string };
  readonly #holder = randomBytes(12).toString('hex');
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(vault: Vault, account: AccountId) {
    this.#vault = vault;
    this.#place = { owner: '@imports', kind: 'import', key: account };
    this.signal = this.#lost.signal;
    this.#timer = setInterval(() => {
      this.#renewing = this.renew().catch(() => this.#lost.abort());
    }, RENEW_MS);
    this.#timer.unref();
  }

  /** @throws `BUSY` when another import has it. */
  static async take(vault: Vault, account: AccountId): Promise<ImportLease> {
    const lease = new ImportLease(vault, account);
    if (await vault.create(lease.#place, lease.#content())) return lease;
    clearInterval(lease.#timer);
    throw new EiderError('BUSY', 'another import brings in this account');
  }

  /** @throws `ABORTED` when another one has it. */
  async renew(): Promise<void> {
    const entry = await this.#vault.get(this.#place);
    if (entry?.value === this.#holder && (await this.#vault.update(this.#place, entry.version, this.#content())))
      return;
    this.#lost.abort();
    throw new EiderError('ABORTED', 'the import took too long to go on, and another one has begun');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    if ((await this.#vault.get(this.#place))?.value === this.#holder) await this.#vault.take(this.#place);
  }

  #content(): { readonly value: string; readonly expires: number } {
    return { value: this.#holder, expires: Date.now() + LEASE_MS };
  }
}
