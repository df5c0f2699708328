/** Which of the processes of a store posts its webhooks: one at a time. */

import { randomUUID } from 'node:crypto';
import type { Vault } from '../engine/vault.ts';
import { changeRecord } from '../store/change-record.ts';

/** After so long without a word another may take it, in milliseconds. */
export const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const PLACE = { owner: 'webhooks', kind: 'webhookLease', key: 'lease' };

interface Lease {
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** The lease, as one process knows it. */
export class PosterLease {
  readonly #vault: Vault;
  readonly #holder: string = randomUUID();
  #until = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Whether this process has it. @throws what the engine throws, when it could not be renewed in time. */
  async hold(): Promise<boolean> {
    const now = Date.now();
    if (now < this.#until - LEASE_MS + RENEW_MS) return true;
    try {
      const mine: Lease = { holder: this.#holder, until: now + LEASE_MS };
      const taken = await changeRecord<Lease>(this.#vault, PLACE, (before) =>
        before && before.holder !== this.#holder && before.until > now ? null : mine,
      );
      this.#until = taken ? mine.until : 0;
      return taken !== null;
    } catch (error) {
      if (now < this.#until) return true;
      throw error;
    }
  }

  /** Lets another have it at once. */
  async release(): Promise<void> {
    if (this.#until === 0) return;
    this.#until = 0;
    await changeRecord<Lease>(this.#vault, PLACE, (before) =>
      before?.holder === this.#holder ? { holder: this.#holder, until: 0 } : null,
    );
  }
}
