/** Moves the directory's write-ahead log into its database, by a thread. */

import { Background } from './background.ts';
import type { WorkerSettings } from './background-worker.ts';
import { type Exclusive, TOUCH } from './housekeeper.ts';

/** Transactions of this process after which the log is moved. */
const MOVE_COMMITS = 300;

/**
 * The directory's log begins anew again and again, so that it stays small, without the event loop syncing a file: who
 * writes first into the log that begins anew is the thread, as all writes of this process are held up meanwhile.
 */
export class LogMover {
  readonly #path: string;
  readonly #background: Background;
  #exclusive: Exclusive = (work) => work();
  #commits = 0;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(path: string, settings: WorkerSettings) {
    this.#path = path;
    // Not the one that indexes: writes are held up while this one works.
    this.#background = new Background(settings);
  }

  /** Names the way to keep all others of this process from writing. */
  attach(exclusive: Exclusive): void {
    this.#exclusive = exclusive;
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits++;
    if (this.#commits < MOVE_COMMITS || this.#running || this.#closed) return;
    this.#commits = 0;
    this.#running = this.#exclusive(() => this.#move())
      // On a full disk, say: it is tried again after as many commits.
      .catch(() => {})
      .finally(() => {
        this.#running = null;
      });
  }

  /** Ends after what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#background.close();
  }

  async #move(): Promise<void> {
    await this.#background.run({ kind: 'checkpoint', path: this.#path, mode: 'restart', touch: TOUCH });
  }
}
