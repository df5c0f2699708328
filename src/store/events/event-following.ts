/** Whether anybody follows the events of a store: without, nothing is written for them. */

import type { Vault } from '../../engine/vault.ts';
import { EVENT_LOG_MS, type EventLog } from './event-log.ts';

const PLACE = { owner: 'events', kind: 'eventFollowing', key: 'following' };
/** Others hear within so long that somebody has begun to follow, in milliseconds. */
const LOOK_MS = 1_000;
const RENEW_MS = 3_600_000;
/** Between the last number of one time of following and the first of the next: so positions of the first are none. */
const GAP = 1_048_576;

/** The time of following: from the first who asked until 7 days after the last. */
export class EventFollowing {
  readonly #vault: Vault;
  readonly #log: EventLog;
  /** When it began, milliseconds since 1970; `null` when nobody follows. */
  #begun: number | null = null;
  #until = 0;
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<number | null> | null = null;

  constructor(vault: Vault, log: EventLog) {
    this.#vault = vault;
    this.#log = log;
  }

  /** When following began, as of at most a second ago. */
  async begun(): Promise<number | null> {
    const now = Date.now();
    if (this.#begun !== null && now < this.#until) return this.#begun;
    if (now < this.#looked + LOOK_MS) return null;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** To be called by who follows, before all else and again and again; resolves with when following began. */
  async follow(): Promise<number> {
    const now = Date.now();
    for (;;) {
      const found = await this.#vault.get(PLACE);
      const content = { value: found?.value ?? String(now), expires: now + EVENT_LOG_MS };
      if (found && found.expires !== null && found.expires > now + EVENT_LOG_MS - RENEW_MS) break;
      if (found ? await this.#vault.update(PLACE, found.version, content) : await this.#begin(content)) break;
    }
    return (await this.#look()) as number;
  }

  async #begin(content: { readonly value: string; readonly expires: number }): Promise<boolean> {
    await this.#log.setCheckpoint((await this.#log.end()) + GAP);
    return this.#vault.create(PLACE, content);
  }

  async #look(): Promise<number | null> {
    const found = await this.#vault.get(PLACE);
    const now = Date.now();
    this.#looked = now;
    this.#begun = found ? Number(found.value) : null;
    this.#until = Math.min(found?.expires ?? now, now + RENEW_MS);
    return this.#begun;
  }
}
