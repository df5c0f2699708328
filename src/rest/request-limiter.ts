/** How often somebody may ask, within a process: a count for each minute. */

/** Most who are counted at once; more, and all begin anew. */
const MAX_KEYS = 100_000;
const WINDOW_MS = 60_000;

/** Counts requests by who makes them. */
export class RequestLimiter {
  readonly #now: () => number;
  #window = 0;
  #counts = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one more; the milliseconds to wait when that is above `limit`, else 0. */
  count(key: string, limit: number): number {
    const wait = this.wait(key, limit);
    if (wait === 0) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return wait;
  }

  /** How long to wait before one more, in milliseconds; counts nothing. */
  wait(key: string, limit: number): number {
    const now = this.#now();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window || this.#counts.size >= MAX_KEYS) {
      this.#window = window;
      this.#counts = new Map();
    }
    return (this.#counts.get(key) ?? 0) < limit ? 0 : (window + 1) * WINDOW_MS - now;
  }
}
