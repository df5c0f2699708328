/** Whether anybody follows the events of a store: without, nothing is written for them. */

import type { Vault } from '../../engine/vault.ts';
import { EVENT_LOG_MS, type EventLog } from './event-log.ts';

const PLACE = { owner: 'events', kind: 'eventFollowing', key: 'following' };
/** Others hear within so long that somebody has begun to follow, in milliseconds. */
const LOOK_MS = 1_000;
const RENEW_MS = 3_600_000;
/** Between the last number of one time of following and the first of the next: so positions of the first are none. */
const GAP = 1_048_576;

/** As it is kept: when it began, milliseconds since 1970, and behind which number its entries come. */
type Following = readonly [begun: number, first: number];

/** The time of following: from the first who asked until 7 days after the last. */
export class EventFollowing {
  readonly #vault: Vault;
  readonly #log: EventLog;
  /** When it began, milliseconds since 1970; `null` when nobody follows. */
  #begun: number | null = null;
  /** Behind which number its entries come. */
  #first = 0;
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

  /** To be called by who follows, before all else and again and again. */
  async follow(): Promise<void> {
    const now = Date.now();
    const expires = now + EVENT_LOG_MS;
    for (;;) {
      const found = await this.#vault.get(PLACE);
      if ((found?.expires ?? 0) > expires - RENEW_MS) break;
      if (found) {
        if (await this.#vault.update(PLACE, found.version, { value: found.value, expires })) break;
        continue;
      }
      // Decided with the record, so that of several who begin at once one decides.
      const begins: Following = [now, (await this.#log.end()) + GAP];
      if (await this.#vault.create(PLACE, { value: JSON.stringify(begins), expires })) break;
    }
    await this.#look();
    await this.#log.setCheckpoint(this.#first);
  }

  async #look(): Promise<number | null> {
    const found = await this.#vault.get(PLACE);
    const now = Date.now();
    this.#looked = now;
    [this.#begun, this.#first] = found ? (JSON.parse(found.value) as Following) : [null, 0];
    this.#until = Math.min(found?.expires ?? now, now + RENEW_MS);
    return this.#begun;
  }
}
