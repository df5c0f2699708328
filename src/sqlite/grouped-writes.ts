/** Writes to the directory's database: those that come together are one transaction. */

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Database } from './database.ts';
import { BUSY_MS, busyTooLong, PAUSE_MS } from './retry-busy.ts';
import { isBusy, toEiderError } from './sqlite-error.ts';

/** Most time that the writes of one transaction take before others get a turn, in milliseconds. */
const SLICE_MS = 10;

/** What belongs to each transaction. */
export interface WriteHooks {
  /** @throws when the database is closed. */
  requireOpen(): void;
  /** Told of each commit. */
  committed(): void;
}

interface Waiting {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly work: () => unknown;
  /** Takes the result of `work`. */
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** It has failed together with others, and must not again. */
  alone: boolean;
}

/**
 * A flood of logins raises several counters with each. One by one they would be as many commits without a turn for
 * anybody else, and as many tries for the lock where processes share it.
 */
export class GroupedWrites {
  readonly #db: Database;
  readonly #hooks: WriteHooks;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;
  #held: Promise<void> | null = null;

  constructor(db: Database, hooks: WriteHooks) {
    this.#db = db;
    this.#hooks = hooks;
  }

  /**
   * Does `work`, all of it or nothing, alone among all processes, and resolves with its result once that is committed.
   * It may be run more than once, and waits for nothing.
   *
   * @throws `BUSY` when another process held the database for ten seconds; `STORE_CLOSED`; what `work` throws.
   */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const until = Date.now() + BUSY_MS;
      this.#waiting.push({ until, work, resolve: resolve as Waiting['resolve'], reject, alone: false });
      if (!this.#isRunning) void this.#drain();
    });
  }

  /** Lets all writes wait until `work` has ended, well or not. */
  async hold(work: () => Promise<void>): Promise<void> {
    const working = work();
    const held = working
      .catch(() => {})
      .finally(() => {
        this.#held = null;
      });
    this.#held = held;
    await held;
    await working;
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      // Who asks in this turn comes with it; and between two transactions all others have theirs.
      await turn();
      while (this.#held) await this.#held;
      try {
        this.#commitSome();
      } catch (error) {
        if (isBusy(error)) {
          this.#refuse(busyTooLong(error), ({ until }) => Date.now() > until);
          await delay(PAUSE_MS * (0.5 + Math.random()));
        } else this.#refuse(toEiderError(error));
      }
    }
    this.#isRunning = false;
  }

  /** @throws what concerns all who wait. */
  #commitSome(): void {
    this.#hooks.requireOpen();
    this.#db.run('BEGIN IMMEDIATE');
    const group = this.#waiting.splice(0, this.#waiting[0]?.alone ? 1 : this.#waiting.length);
    const results: unknown[] = [];
    const end = performance.now() + SLICE_MS;
    try {
      for (const { work, alone } of group) {
        if (results.length > 0 && (alone || performance.now() > end)) break;
        results.push(work());
      }
      this.#db.run('COMMIT');
    } catch (error) {
      this.#db.rollback();
      this.#fail(group, error);
      return;
    }
    this.#hooks.committed();
    this.#waiting.unshift(...group.splice(results.length));
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
  }

  /** Where one of several has failed, each is tried by itself, so that it is nobody else's failure. */
  #fail(group: readonly Waiting[], error: unknown): void {
    if (group.length === 1 && !isBusy(error)) {
      group[0]?.reject(toEiderError(error));
      return;
    }
    this.#waiting.unshift(...group);
    if (isBusy(error)) throw error;
    for (const one of group) one.alone = true;
  }

  #refuse(error: unknown, isConcerned: (one: Waiting) => boolean = () => true): void {
    const all = this.#waiting.splice(0);
    this.#waiting.push(...all.filter((one) => !isConcerned(one)));
    for (const one of all) if (isConcerned(one)) one.reject(error);
  }
}
