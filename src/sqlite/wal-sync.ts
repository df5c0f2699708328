/** Brings a write-ahead log to the disk, off the event loop, one sync for all who wait. */

import { type FileHandle, open } from 'node:fs/promises';

/**
 * Syncs one file. A commit is durable once a sync that began after it has ended; whoever commits while a sync runs
 * shares the next one.
 */
export class WalSync {
  readonly #path: string;
  #file: FileHandle | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when all that was written before the call is on the disk. */
  sync(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /** The sync that is under way or about to be, if any: what a reader of fresh commits waits for. */
  get pending(): Promise<void> | null {
    return this.#next ?? this.#running;
  }

  #start(): Promise<void> {
    this.#next = null;
    const run = this.#sync().finally(() => {
      if (this.#running === run) this.#running = null;
    });
    this.#running = run;
    return run;
  }

  async #sync(): Promise<void> {
    // A descriptor of its own is harmless on the log (SQLite's locks are on the database and the shm file). The log
    // is there as long as a connection is open.
    this.#file ??= await open(this.#path, 'r+');
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.pending?.catch(() => {});
    await this.#file?.close();
    this.#file = null;
  }
}
