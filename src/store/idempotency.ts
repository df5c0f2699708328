/** The memory of requests: small records that expire. */

import type { Vault } from '../engine/vault.ts';
import type { Idempotency, KnownRequest } from '../model/idempotency.ts';
import type { AccountId } from '../model/ids.ts';

const KIND = 'request';
const DAY_MS = 86_400_000;
/** Whoever has begun has died when nothing is heard for so long, in milliseconds. */
const RUNNING_MS = 120_000;

interface Stored {
  readonly digest: string;
  readonly answer: string | null;
}

/** The requests of all accounts. */
export class StoreIdempotency implements Idempotency {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async begin(owner: AccountId, key: string, digest: string): Promise<KnownRequest> {
    const place = { owner, kind: KIND, key };
    const value = JSON.stringify({ digest, answer: null } satisfies Stored);
    if (await this.#vault.create(place, { value, expires: Date.now() + RUNNING_MS })) return { kind: 'new' };
    const entry = await this.#vault.get(place);
    // It has ended or expired in between: the next try will be told.
    if (!entry) return { kind: 'running' };
    const stored = JSON.parse(entry.value) as Stored;
    if (stored.digest !== digest) return { kind: 'other' };
    return stored.answer === null ? { kind: 'running' } : { kind: 'done', answer: stored.answer };
  }

  async finish(owner: AccountId, key: string, digest: string, answer: string): Promise<void> {
    const value = JSON.stringify({ digest, answer } satisfies Stored);
    await this.#vault.put({ owner, kind: KIND, key }, { value, expires: Date.now() + DAY_MS });
  }

  async forget(owner: AccountId, key: string): Promise<void> {
    await this.#vault.take({ owner, kind: KIND, key });
  }
}
