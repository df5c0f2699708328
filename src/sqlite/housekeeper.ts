/** An account's work behind the scenes: indexing terms, and moving the write-ahead log into the database. */

import { stat } from 'node:fs/promises';
import type { Background } from './background.ts';
import type { Database } from './database.ts';
import { forgetPending, type IndexedBatch, indexBatch, type SearchTextExtractor } from './search-index.ts';

/** Runs work alone on the account. */
export type Exclusive = (work: () => Promise<void>) => Promise<void>;

/** Where an account's files are, and the thread that works on them; `null` in memory. */
export interface HousekeeperPlace {
  readonly path: string;
  readonly searchPath: string;
  readonly background: Background;
}

/** Commits after which terms are indexed at the latest. */
const INDEX_COMMITS = 200;
/** Milliseconds of rest after which terms are indexed and the log is given back. */
const REST_MS = 300;
/** Commits after which the log is moved into the database, so that it stays at some 20 MB. */
const CHECKPOINT_COMMITS = 300;

/**
 * Writes a page whatever stands there already; an UPDATE that changes nothing would write none. Who writes first into a
 * log that begins anew also syncs it, and that shall not be the event loop.
 */
export const TOUCH = 'PRAGMA application_id = 1701406834';

/** Looks after one open account. */
export class Housekeeper {
  readonly #db: Database;
  readonly #place: HousekeeperPlace | null;
  readonly #extract: SearchTextExtractor;
  #exclusive: Exclusive = (work) => work();
  /** Called when there is nothing left to do. */
  readonly #rested: () => void;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #unindexed = 0;
  #unmoved = 0;
  #closed = false;

  constructor(db: Database, place: HousekeeperPlace | null, extract: SearchTextExtractor, rested: () => void) {
    this.#rested = rested;
    this.#db = db;
    this.#place = place;
    this.#extract = extract;
  }

  /** Names the way to work alone on the account. */
  attach(exclusive: Exclusive): void {
    this.#exclusive = exclusive;
  }

  get idle(): boolean {
    return this.#running === null && this.#timer === null;
  }

  /** To be called before the first write: a new log is begun aside, as that takes two syncs. */
  async beginLog(): Promise<void> {
    const place = this.#place;
    if (!place || (await stat(`${place.path}-wal`)).size > 0) return;
    await place.background.run({ kind: 'checkpoint', path: place.path, mode: 'passive', touch: TOUCH });
  }

  /** To be called after each commit. */
  committed(): void {
    this.#unindexed++;
    this.#unmoved++;
    if (this.#closed) return;
    if (this.#unindexed >= INDEX_COMMITS || this.#unmoved >= CHECKPOINT_COMMITS) this.#work(false);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#work(true);
    }, REST_MS).unref();
    this.#timer.refresh();
  }

  /** Indexes all that waits. To be called by who works alone on the account. */
  async indexAll(): Promise<void> {
    for (;;) {
      const batch = this.#place ? await this.#indexAside(this.#place) : await this.#indexHere();
      if (!batch) return;
      forgetPending(this.#db, batch);
    }
  }

  /** Ends after what is under way, with the log moved. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
    const place = this.#place;
    if (!place) return;
    // A log that cannot be moved now, as on a full disk, is moved by whoever opens the account next.
    if (this.#unmoved > 0) await this.#checkpoint('truncate').catch(() => {});
    await place.background.release(place.path).catch(() => {});
  }

  #work(rest: boolean): void {
    if (this.#running) return;
    this.#running = this.#round(rest)
      // What fails here is tried again after the next commit, and by a search that needs it.
      .catch(() => {})
      .finally(() => {
        this.#running = null;
        if (this.idle) this.#rested();
      });
  }

  async #round(rest: boolean): Promise<void> {
    this.#unindexed = 0;
    if (this.#place) await this.#indexBetween(this.#place);
    else await this.#exclusive(() => this.indexAll());
    if (this.#closed) return;
    if (this.#unmoved === 0 || (!rest && this.#unmoved < CHECKPOINT_COMMITS)) return;
    this.#unmoved = 0;
    await this.#checkpoint('passive');
    await this.#exclusive(() => this.#checkpoint(rest ? 'truncate' : 'restart'));
  }

  /** Indexes while others use the account; only dropping what is done takes a turn of its own. */
  async #indexBetween(place: HousekeeperPlace): Promise<void> {
    for (;;) {
      const batch = await this.#indexAside(place);
      if (!batch || this.#closed) return;
      await this.#exclusive(async () => forgetPending(this.#db, batch));
    }
  }

  #indexAside({ background, path, searchPath }: HousekeeperPlace): Promise<IndexedBatch | null> {
    return background.run({ kind: 'index', path, searchPath });
  }

  /** In memory there is no other connection; a batch is small, and others get their turn between two. */
  async #indexHere(): Promise<IndexedBatch | null> {
    await new Promise((resolve) => setImmediate(resolve));
    return indexBatch(this.#db, this.#extract);
  }

  async #checkpoint(mode: 'passive' | 'restart' | 'truncate'): Promise<void> {
    const place = this.#place;
    if (!place) return;
    await place.background.run({ kind: 'checkpoint', path: place.path, mode, touch: this.#closed ? '' : TOUCH });
    if (mode === 'truncate') {
      await place.background.run({ kind: 'checkpoint', path: place.searchPath, mode, touch: '' });
    }
  }
}
