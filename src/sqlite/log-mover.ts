/** Moves the directory's write-ahead log into its database, by the background thread. */

import type { Background } from './background.ts';
import { TOUCH } from './housekeeper.ts';

/** Transactions of this process after which the log is moved. */
const MOVE_COMMITS = 300;

/** The directory's log begins anew again and again, so that it stays small, without the event loop syncing a file. */
export class LogMover {
  readonly #path: string;
  readonly #background: Background;
  #commits = 0;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(path: string, background: Background) {
    this.#path = path;
    this.#background = background;
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits++;
    if (this.#commits < MOVE_COMMITS || this.#running || this.#closed) return;
    this.#commits = 0;
    this.#running = this.#move()
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
  }

  async #move(): Promise<void> {
    const task = { kind: 'checkpoint', path: this.#path } as const;
    // Most of it while others write; for the rest they have to wait a moment, and they know how to.
    await this.#background.run({ ...task, mode: 'passive', touch: '' });
    await this.#background.run({ ...task, mode: 'restart', touch: TOUCH });
  }
}
