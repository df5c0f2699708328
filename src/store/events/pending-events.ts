/** Events that need nothing to be read, from when they are told until they are in the log for sure. */

import { randomUUID } from 'node:crypto';
import type { EventLog, LoggedEvent } from './event-log.ts';
import type { Told } from './telling.ts';

/** An event that is to be told. */
interface Pending {
  readonly event: LoggedEvent;
  /** Milliseconds of the process. */
  readonly at: number;
}

/** Those of one entry. */
interface Attempt {
  readonly id: string;
  readonly pending: readonly Pending[];
}

/** What an entry has left for them. */
interface Room {
  readonly events: number;
  readonly octets: number;
}

/** In their order. */
export class PendingEvents {
  readonly #max: number;
  #pending: Pending[] = [];
  /** An entry of which is not known whether it was written: until it is, all that is tried has the same events. */
  #unsure: (Attempt & { readonly number: number }) | null = null;

  /** @param max the oldest is forgotten when there are more */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#pending.length;
  }

  /** Each as a thing of its own, for waiting until it is gone. */
  all(): readonly object[] {
    return this.#pending;
  }

  add(event: Told): void {
    if (this.#pending.length >= this.#max) this.#pending.shift();
    this.#pending.push({ event: { ...event, time: Date.now() } as LoggedEvent, at: performance.now() });
  }

  /** Forgets those that were told before a time of the process. */
  forgetBefore(oldest: number): void {
    this.#pending = this.#pending.filter(({ at }) => at >= oldest);
  }

  /** What the next entry is to have. */
  next(room: Room): Attempt {
    return this.#unsure ?? { id: randomUUID(), pending: fitting(this.#pending, room) };
  }

  /** To be called before an entry with an attempt is written, and {@link written} after it. */
  trying(number: number, attempt: Attempt): void {
    if (attempt.pending.length > 0) this.#unsure = { number, ...attempt };
  }

  written(attempt: Attempt): void {
    const gone = new Set(attempt.pending);
    this.#pending = this.#pending.filter((one) => !gone.has(one));
    this.#unsure = null;
  }

  /**
   * Looks whether an entry is there whose writing failed, or was tried again below; resolves with whether it is.
   *
   * @param end number of the last entry that is known
   */
  async makeSure(log: EventLog, end: number): Promise<boolean> {
    const unsure = this.#unsure;
    if (!unsure || end < unsure.number) return false;
    const [entry] = await log.after(unsure.number - 1, 1);
    this.#unsure = null;
    if (entry?.number !== unsure.number || entry.attempt !== unsure.id) return false;
    this.written(unsure);
    return true;
  }
}

/** The first of them that there is room for; one at least. */
function fitting(pending: readonly Pending[], { events, octets }: Room): Pending[] {
  let size = 0;
  return pending.slice(0, events).filter(({ event }, index) => {
    size += octetsOf([event]);
    return index === 0 || size < octets;
  });
}

/** What events take in an entry. */
export function octetsOf(events: readonly LoggedEvent[]): number {
  return Buffer.byteLength(JSON.stringify(events));
}
